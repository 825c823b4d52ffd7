/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_ASSETS_H
#define EXPLAIN_ASSETS_H
/* The page's own files, embedded when Dragoman is built: explain/assets.S. */

struct explain_asset { const char *name, *start, *end; };
extern const struct explain_asset explain_assets[];     /* ends with name NULL */

#endif
