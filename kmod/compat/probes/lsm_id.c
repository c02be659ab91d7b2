// SPDX-License-Identifier: GPL-2.0
// variants: CRT_LSM_EXEC_OF_FILE CRT_LSM_EXEC_OF_TASK
/*
 * What the probe asks for came in the same release (6.8) as what is meant:
 * that AppArmor tells the opening of a program by the file's __FMODE_EXEC, not
 * by the task's in_execve.
 */
#include <linux/lsm_hooks.h>

#ifdef CRT_LSM_EXEC_OF_FILE
struct lsm_id probe;
#else
struct lsm_id {
	int other;
} probe;
#endif
