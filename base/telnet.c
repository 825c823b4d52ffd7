/* SPDX-License-Identifier: MIT */
/* See telnet.h. Subnegotiations (RFC 855) are skipped. */
#include "base/telnet.h"

enum { SE = 240, NOP = 241, BREAK = 243, SB = 250, WILL = 251, WONT = 252, DO = 253, DONT = 254, IAC = 255 };
enum { OPTION_BINARY = 0, OPTION_ECHO = 1, OPTION_SUPPRESS_GO_AHEAD = 3 };
enum { DATA, AFTER_IAC, AFTER_VERB, IN_SB, IN_SB_AFTER_IAC };

const uint8_t telnet_greeting[12] = {
    IAC, WILL, OPTION_ECHO, IAC, WILL, OPTION_SUPPRESS_GO_AHEAD, IAC, WILL, OPTION_BINARY, IAC, DO, OPTION_BINARY,
};

/* A byte after IAC; true: it is data (IAC itself). */
static bool take_command(struct telnet *telnet, uint8_t byte, unsigned *breaks)
{
    telnet->state = DATA;
    switch (byte) {
    case IAC: return true;
    case SB: telnet->state = IN_SB; break;
    case BREAK: ++*breaks; break;
    case WILL: case WONT: case DO: case DONT:
        telnet->command = byte;
        telnet->state = AFTER_VERB;
        break;
    default: break;
    }
    return false;
}

static bool take_data(struct telnet *telnet, uint8_t byte)
{
    bool padding = telnet->after_cr && !byte && !telnet->binary;
    telnet->after_cr = byte == '\r';
    return !padding;
}

unsigned telnet_input(struct telnet *telnet, uint8_t *bytes, unsigned count, unsigned *breaks)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < count; i++) {
        uint8_t byte = bytes[i];
        bool data = false;
        switch (telnet->state) {
        case DATA:
            if (byte == IAC) {
                telnet->state = AFTER_IAC;
            } else {
                data = take_data(telnet, byte);
            }
            break;
        case AFTER_IAC: data = take_command(telnet, byte, breaks); break;
        case AFTER_VERB:
            if (byte == OPTION_BINARY && (telnet->command == WILL || telnet->command == WONT)) {
                telnet->binary = telnet->command == WILL;
            }
            telnet->state = DATA;
            break;
        case IN_SB: telnet->state = byte == IAC ? IN_SB_AFTER_IAC : IN_SB; break;
        default: telnet->state = byte == SE ? DATA : IN_SB; break;
        }
        if (data) {
            bytes[kept++] = byte;
        }
    }
    return kept;
}

void telnet_output(GByteArray *out, const uint8_t *bytes, unsigned count)
{
    for (unsigned i = 0, from = 0; i <= count; i++) {
        if (i == count || bytes[i] == IAC) {
            g_byte_array_append(out, bytes + from, i - from);
            if (i < count) {
                g_byte_array_append(out, bytes + i, 1);     /* once here, once with what follows */
            }
            from = i;
        }
    }
}
