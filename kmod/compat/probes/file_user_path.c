// SPDX-License-Identifier: GPL-2.0
// variants: CRT_FILE_USER_PATH CRT_FILE_F_PATH
#include <linux/fs.h>

const struct path *probe(const struct file *file)
{
#ifdef CRT_FILE_USER_PATH
	return file_user_path(file);
#else
	return &file->f_path;
#endif
}
