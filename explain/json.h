/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_JSON_H
#define EXPLAIN_JSON_H
/* Writing JSON (RFC 8259): values in the order in which they appear; commas come by themselves. */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct json { GString *out; bool comma; };

/* '{' or '['; key NULL: inside an array. */
void json_open(struct json *json, const char *key, char bracket);
void json_close(struct json *json, char bracket);
void json_text(struct json *json, const char *key, const char *text);
/* Exact in JavaScript up to 2^53. */
void json_number(struct json *json, const char *key, uint64_t value);
void json_signed(struct json *json, const char *key, int64_t value);
/* An address, as text: "0x7c00". */
void json_address(struct json *json, const char *key, uint64_t value);
void json_bool(struct json *json, const char *key, bool value);

#endif
