/* SPDX-License-Identifier: MIT */
/* In place of vnc_zrle.c when zlib was not there at configure time: clients get Hextile. */
#include "ui/vnc.h"

bool vnc_zrle_there(void)
{
    return false;
}

void vnc_encode_zrle(struct vnc_client *client, unsigned x, unsigned y, unsigned width, unsigned height)
{
    client->failed = true;
}

void vnc_zrle_free(struct vnc_zrle *zrle)
{
}
