// SPDX-License-Identifier: GPL-2.0
// variants: CRT_SOFTLEAF CRT_SWP_ENTRY
#include <linux/mm.h>
#include <linux/swap.h>
#ifdef CRT_SOFTLEAF
#include <linux/leafops.h>
#else
#include <linux/swapops.h>
#endif

struct page *probe(pte_t pte)
{
#ifdef CRT_SOFTLEAF
	softleaf_t entry = softleaf_from_pte(pte);

	return softleaf_has_pfn(entry) ? softleaf_to_page(entry) : NULL;
#else
	swp_entry_t entry = pte_to_swp_entry(pte);

	return is_pfn_swap_entry(entry) ? pfn_swap_entry_to_page(entry) : NULL;
#endif
}
