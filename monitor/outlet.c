/* SPDX-License-Identifier: MIT */
/* One place to write to, whether a stream or a character is behind it. */
#include "monitor/outlet.h"

enum { CHARACTER_BYTES = 4096 };        /* taken at once */

void outlet_write(struct outlet *outlet, const uint8_t *bytes, unsigned count)
{
    if (outlet->stream) {
        stream_write(outlet->stream, bytes, count);
    } else {
        character_write(outlet->character, bytes, count);
    }
}

static void write_output(void *outlet, const uint8_t *bytes, unsigned count)
{
    outlet_write(outlet, bytes, count);
}

struct session_output outlet_output(struct outlet *outlet)
{
    return (struct session_output){ outlet, write_output };
}

void outlet_accept(struct outlet *outlet, int fd, bool telnet, unsigned most_bytes, const struct stream_client *client)
{
    const struct stream_options options = { .telnet = telnet, .overflow = STREAM_CLOSE, .most_bytes = most_bytes };
    outlet->stream = stream_new(fd, fd, &options, client);
}

static unsigned room(void *opaque)
{
    return CHARACTER_BYTES;
}

bool outlet_open(struct outlet *outlet, const char *spec, void *opaque,
                 void (*received)(void *opaque, const uint8_t *bytes, unsigned count), GError **error)
{
    outlet->character = character_open(spec, error);
    if (outlet->character) {
        outlet->owns_character = true;
        character_set_client(outlet->character, &(struct character_client){ .device = opaque, .can_receive = room,
                                                                            .receive = received });
    }
    return outlet->character;
}

void outlet_close(struct outlet *outlet)
{
    stream_free(outlet->stream);
    if (outlet->owns_character) {
        character_free(outlet->character);
    }
    *outlet = (struct outlet){ NULL };
}
