// SPDX-License-Identifier: GPL-2.0
/* The few functions of a C library that the compiler and we call. */
#include "restorer.h"

void *memcpy(void *to, const void *from, size_t size)
{
	void *result = to;

	asm volatile("rep movsb" : "+D" (to), "+S" (from), "+c" (size)
		     : : "memory");
	return result;
}

void *memset(void *to, int byte, size_t size)
{
	void *result = to;

	asm volatile("rep stosb" : "+D" (to), "+c" (size) : "a" (byte)
		     : "memory");
	return result;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *x = a, *y = b;

	for (; size; size--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

bool streq(const char *a, const char *b)
{
	for (; *a == *b; a++, b++)
		if (!*a)
			return true;
	return false;
}
