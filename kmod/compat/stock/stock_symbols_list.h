/* SPDX-License-Identifier: GPL-2.0 */
/* Of fs/proc and for it only; see stock.h. No include guard. */
#ifdef CRT_PID_ENTRIES_PROBED
CRT_SYMBOL(nd_jump_link);
CRT_SYMBOL(proc_pid_make_inode);
CRT_SYMBOL(proc_pident_lookup);
CRT_SYMBOL(proc_pident_readdir);
#endif
