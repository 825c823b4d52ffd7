/* SPDX-License-Identifier: MIT */
/*
 * Motorola MC146818 real-time clock and 128 bytes of CMOS RAM (data sheet ADI-856), with the PC's century byte at 32h.
 *
 * The date is the host clock plus an offset, computed when somebody looks; flags of register C that nobody waits for
 * likewise. A timer is armed only while an enabled interrupt waits for its flag. Battery-backed: reset leaves date and
 * memory. Left out: daylight saving, the square wave, day of week as the guest wrote it (it follows from the date).
 */
#include <string.h>
#include <time.h>
#include "hw/timer/mc146818.h"

enum {
    RTC_SECONDS = 0, RTC_SECONDS_ALARM = 1, RTC_MINUTES = 2, RTC_MINUTES_ALARM = 3, RTC_HOURS = 4, RTC_HOURS_ALARM = 5,
    RTC_WEEKDAY = 6, RTC_DAY = 7, RTC_MONTH = 8, RTC_YEAR = 9, RTC_A = 10, RTC_B = 11, RTC_C = 12, RTC_D = 13,
    RTC_CENTURY = 0x32,
};
enum { A_UIP = 0x80, A_DIVIDER_RESET = 0x60, A_RATE = 0x0f };
enum { B_SET = 0x80, B_PIE = 0x40, B_AIE = 0x20, B_UIE = 0x10, B_SQWE = 0x08, B_BINARY = 0x04, B_24H = 0x02 };
enum { C_IRQF = 0x80, C_PF = 0x40, C_AF = 0x20, C_UF = 0x10, D_VRT = 0x80 };
enum { ALARM_ANY = 0xc0, HOUR_PM = 0x80 };
/* UIP rises 244 us before the update cycle, which takes 1984 us with a 32.768 kHz crystal; the date changes at its
 * end. */
enum { UIP_NS = (244 + 1984) * 1000, RTC_HZ = 32768 };
static const int64_t NS_PER_S = 1000000000;

/* ---- The date ---- */

static int64_t phased_ns(const struct mc146818 *rtc)
{
    return clock_now_ns(rtc->machine->clocks, CLOCK_KIND_HOST) + rtc->state.phase_ns;
}

static int64_t date_s(const struct mc146818 *rtc)
{
    return phased_ns(rtc) / NS_PER_S + rtc->state.offset_s;
}

static uint8_t encode(const struct mc146818_state *s, int value)
{
    return (uint8_t)(s->ram[RTC_B] & B_BINARY ? value : value / 10 << 4 | value % 10);
}

static int decode(const struct mc146818_state *s, uint8_t value)
{
    return s->ram[RTC_B] & B_BINARY ? value : (value >> 4) * 10 + (value & 15);
}

static uint8_t encode_hour(const struct mc146818_state *s, int hour)
{
    if (s->ram[RTC_B] & B_24H) {
        return encode(s, hour);
    }
    return encode(s, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? HOUR_PM : 0);
}

static int decode_hour(const struct mc146818_state *s, uint8_t value)
{
    if (s->ram[RTC_B] & B_24H) {
        return decode(s, value);
    }
    return decode(s, value & (uint8_t)~HOUR_PM) % 12 + (value & HOUR_PM ? 12 : 0);
}

/* Puts the date into the time registers. */
static void date_to_registers(struct mc146818_state *s, int64_t seconds)
{
    time_t time = (time_t)seconds;
    struct tm tm;
    if (!gmtime_r(&time, &tm)) {
        return;
    }
    int year = tm.tm_year + 1900;
    s->ram[RTC_SECONDS] = encode(s, tm.tm_sec);
    s->ram[RTC_MINUTES] = encode(s, tm.tm_min);
    s->ram[RTC_HOURS] = encode_hour(s, tm.tm_hour);
    s->ram[RTC_WEEKDAY] = encode(s, tm.tm_wday + 1);
    s->ram[RTC_DAY] = encode(s, tm.tm_mday);
    s->ram[RTC_MONTH] = encode(s, tm.tm_mon + 1);
    s->ram[RTC_YEAR] = encode(s, year % 100);
    s->ram[RTC_CENTURY] = encode(s, year / 100 % 100);
}

/* Values out of range carry over, as timegm does it. */
static int64_t registers_to_date(const struct mc146818_state *s)
{
    struct tm tm = {
        .tm_sec = decode(s, s->ram[RTC_SECONDS]), .tm_min = decode(s, s->ram[RTC_MINUTES]),
        .tm_hour = decode_hour(s, s->ram[RTC_HOURS]), .tm_mday = decode(s, s->ram[RTC_DAY]),
        .tm_mon = decode(s, s->ram[RTC_MONTH]) - 1,
        .tm_year = decode(s, s->ram[RTC_CENTURY]) * 100 + decode(s, s->ram[RTC_YEAR]) - 1900,
    };
    return timegm(&tm);
}

/* ---- Flags, computed up to now ---- */

static bool alarm_matches(struct mc146818_state *s, int64_t seconds)
{
    struct mc146818_state at = *s;
    date_to_registers(&at, seconds);
    for (unsigned reg = RTC_SECONDS; reg <= RTC_HOURS; reg += 2) {
        uint8_t alarm = s->ram[reg + 1];
        if ((alarm & ALARM_ANY) != ALARM_ANY && alarm != at.ram[reg]) {
            return false;
        }
    }
    return true;
}

static void catch_up_update(struct mc146818 *rtc)
{
    struct mc146818_state *s = &rtc->state;
    int64_t now = date_s(rtc), first = s->handled_s + 1;
    if (s->stopped) {
        return;
    }
    if (now < s->handled_s || now - first >= 24 * 3600) {   /* the host's date jumped, or nobody looked for a day */
        first = now < s->handled_s ? now : now - 24 * 3600 + 1;
    }
    for (int64_t second = first; second <= now && !(s->ram[RTC_C] & C_AF); second++) {
        s->ram[RTC_C] |= alarm_matches(s, second) ? C_AF : 0;
    }
    s->ram[RTC_C] |= first <= now ? C_UF : 0;
    s->handled_s = now;
}

/* In ticks of 32,768 Hz; 0: no periodic interrupt. Rates 1 and 2 are those of 8 and 9. */
static int64_t period_ticks(const struct mc146818_state *s)
{
    unsigned rate = s->ram[RTC_A] & A_RATE;
    return !rate ? 0 : 1 << ((rate < 3 ? rate + 7 : rate) - 1);
}

static void plan_periodic(struct mc146818 *rtc)
{
    struct mc146818_state *s = &rtc->state;
    int64_t period = (s->ram[RTC_A] & A_DIVIDER_RESET) == A_DIVIDER_RESET ? 0 : period_ticks(s);
    int64_t now = clock_now_ns(rtc->machine->clocks, CLOCK_KIND_VIRTUAL);
    if (!period) {
        s->periodic_next_ns = 0;
        return;
    }
    int64_t tick = (int64_t)((__int128)now * RTC_HZ / NS_PER_S);
    int64_t next = (tick / period + 1) * period;
    s->periodic_next_ns = (int64_t)(((__int128)next * NS_PER_S + RTC_HZ - 1) / RTC_HZ);
}

static int64_t period_ns(const struct mc146818_state *s)
{
    return period_ticks(s) * NS_PER_S / RTC_HZ;
}

/* With `slew`, events that found PF set are counted, and come between the others once the guest reads register C: twice as many as
 * usual until it has them all. More than a second's are given up: guests count time from other clocks after such a pause. */
static void count_lost(struct mc146818_state *s, int64_t events)
{
    if (!(s->ram[RTC_B] & B_PIE)) {
        s->lost = 0;
    } else if (events > 0 && events + s->lost <= NS_PER_S / period_ns(s)) {
        s->lost += (uint32_t)events;
    }
}

static void catch_up_periodic(struct mc146818 *rtc)
{
    struct mc146818_state *s = &rtc->state;
    const int64_t now = clock_now_ns(rtc->machine->clocks, CLOCK_KIND_VIRTUAL);
    if (s->periodic_next_ns && now >= s->periodic_next_ns) {
        if (rtc->slew) {
            count_lost(s, (now - s->periodic_next_ns) / period_ns(s) + (s->ram[RTC_C] & C_PF ? 1 : 0));
        }
        s->ram[RTC_C] |= C_PF;
        plan_periodic(rtc);
    }
    if (s->makeup_ns && now >= s->makeup_ns) {
        s->lost -= !(s->ram[RTC_C] & C_PF) && s->lost;
        s->ram[RTC_C] |= C_PF;
        s->makeup_ns = 0;
    }
}

/* The guest has read register C. */
static void plan_makeup(struct mc146818 *rtc)
{
    struct mc146818_state *s = &rtc->state;
    if (!s->lost || !s->periodic_next_ns) {
        s->makeup_ns = 0;
    } else if (!s->makeup_ns) {
        s->makeup_ns = clock_now_ns(rtc->machine->clocks, CLOCK_KIND_VIRTUAL) + period_ns(s) / 2;
    }
}

/* The interrupt line, and timers for what it waits for. */
static void update(struct mc146818 *rtc)
{
    struct mc146818_state *s = &rtc->state;
    catch_up_update(rtc);
    catch_up_periodic(rtc);
    uint8_t waits = s->ram[RTC_B] & (uint8_t)~s->ram[RTC_C];
    if ((waits & (B_UIE | B_AIE)) && !s->stopped) {
        int64_t next = (phased_ns(rtc) / NS_PER_S + 1) * NS_PER_S - s->phase_ns;
        timer_arm(rtc->update_timer, next);
    } else {
        timer_cancel(rtc->update_timer);
    }
    if ((waits & B_PIE) && s->periodic_next_ns) {
        timer_arm(rtc->periodic_timer, s->makeup_ns ? MIN(s->makeup_ns, s->periodic_next_ns) : s->periodic_next_ns);
    } else {
        timer_cancel(rtc->periodic_timer);
    }
    irq_set(&rtc->irq, s->ram[RTC_B] & s->ram[RTC_C] & (C_PF | C_AF | C_UF));
}

static void expired(void *opaque)
{
    update(opaque);
}

/* ---- Registers ---- */

static bool is_time(unsigned index)
{
    return index == RTC_CENTURY || index >= RTC_WEEKDAY ? index <= RTC_YEAR || index == RTC_CENTURY : !(index & 1);
}

/* The clock stands while SET is on or the divider is held in reset. */
static void clock_follow(struct mc146818 *rtc)
{
    struct mc146818_state *s = &rtc->state;
    bool divider_reset = (s->ram[RTC_A] & A_DIVIDER_RESET) == A_DIVIDER_RESET;
    bool stop = (s->ram[RTC_B] & B_SET) || divider_reset;
    if (stop && !s->stopped) {
        date_to_registers(s, date_s(rtc));
        s->stopped = 1;
    } else if (!stop && s->stopped) {
        s->stopped = 0;
        s->offset_s += registers_to_date(s) - date_s(rtc);
        s->handled_s = date_s(rtc);
    }
}

static void write_a(struct mc146818 *rtc, uint8_t value)
{
    struct mc146818_state *s = &rtc->state;
    bool was_reset = (s->ram[RTC_A] & A_DIVIDER_RESET) == A_DIVIDER_RESET;
    s->ram[RTC_A] = value & (uint8_t)~A_UIP;
    if (was_reset && (value & A_DIVIDER_RESET) != A_DIVIDER_RESET) {
        /* The first update comes half a second after the divider is released. */
        int64_t fraction = phased_ns(rtc) % NS_PER_S;
        s->phase_ns = (s->phase_ns + NS_PER_S / 2 - fraction + NS_PER_S) % NS_PER_S;
    }
    clock_follow(rtc);
    plan_periodic(rtc);
}

static void write_b(struct mc146818 *rtc, uint8_t value)
{
    struct mc146818_state *s = &rtc->state;
    uint8_t changed = s->ram[RTC_B] ^ value;
    if (value & B_SET) {
        value &= (uint8_t)~B_UIE;
    }
    if (!s->stopped && (changed & (B_BINARY | B_24H)) && (value & B_SET)) {
        /* The registers keep their bytes when the format changes: stop the clock in the old format first. */
        s->ram[RTC_B] |= B_SET;
        clock_follow(rtc);
    }
    s->ram[RTC_B] = value;
    clock_follow(rtc);
}

static uint64_t rtc_read(void *device, uint64_t offset, unsigned size)
{
    struct mc146818 *rtc = device;
    struct mc146818_state *s = &rtc->state;
    uint8_t value;
    if (!offset) {
        return 0xff;                        /* write only */
    }
    if (!s->stopped && is_time(s->index)) {
        date_to_registers(s, date_s(rtc));
    }
    switch (s->index) {
    case RTC_A:
        value = s->ram[RTC_A] | (!s->stopped && phased_ns(rtc) % NS_PER_S >= NS_PER_S - UIP_NS ? A_UIP : 0);
        break;
    case RTC_C:
        update(rtc);
        value = s->ram[RTC_C] | (s->ram[RTC_B] & s->ram[RTC_C] & (C_PF | C_AF | C_UF) ? C_IRQF : 0);
        s->ram[RTC_C] = 0;
        plan_makeup(rtc);
        update(rtc);
        break;
    case RTC_D:
        value = D_VRT;
        break;
    default:
        value = s->ram[s->index];
        break;
    }
    return value;
}

static void rtc_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct mc146818 *rtc = device;
    struct mc146818_state *s = &rtc->state;
    uint8_t byte = (uint8_t)value;
    if (!offset) {
        s->index = byte & 0x7f;             /* bit 7 masks NMI; nothing raises one */
        return;
    }
    if (s->index == RTC_A) {
        write_a(rtc, byte);
    } else if (s->index == RTC_B) {
        catch_up_update(rtc);
        catch_up_periodic(rtc);
        write_b(rtc, byte);
    } else if (is_time(s->index) && !s->stopped) {
        date_to_registers(s, date_s(rtc));
        s->ram[s->index] = byte;
        s->offset_s += registers_to_date(s) - date_s(rtc);
        s->handled_s = date_s(rtc);
    } else if (s->index != RTC_C && s->index != RTC_D) {
        catch_up_update(rtc);               /* alarms until now by the old alarm registers */
        s->ram[s->index] = byte;
    }
    update(rtc);
}

static const struct io_ops rtc_ops = { rtc_read, rtc_write, 1, 1 };

/* The RESET pin clears the interrupt enables and flags (data sheet, "RESET"); the rest has a battery. */
static void reset(void *device)
{
    struct mc146818 *rtc = device;
    struct mc146818_state kept = rtc->state;
    rtc->state = (struct mc146818_state){ .offset_s = kept.offset_s, .phase_ns = kept.phase_ns,
                                          .stopped = kept.stopped };
    memcpy(rtc->state.ram, kept.ram, sizeof(kept.ram));
    rtc->state.ram[RTC_B] &= (uint8_t)~(B_PIE | B_AIE | B_UIE | B_SQWE);
    rtc->state.ram[RTC_C] = 0;
    for (; rtc->at_reset_count; rtc->at_reset_count--) {
        mc146818_preset(rtc, rtc->at_reset[rtc->at_reset_count - 1].index, rtc->at_reset[rtc->at_reset_count - 1].value);
    }
    rtc->state.handled_s = date_s(rtc);
    plan_periodic(rtc);
    update(rtc);
}

static void mc146818_free(void *device)
{
    struct mc146818 *rtc = device;
    timer_free(rtc->update_timer);
    timer_free(rtc->periodic_timer);
    g_free(rtc);
}

#define FIELD(member) SNAPSHOT_FIELD(struct mc146818_state, member)
static const struct snapshot_field fields[] = {
    FIELD(offset_s), FIELD(phase_ns), FIELD(handled_s), FIELD(periodic_next_ns), FIELD(ram), FIELD(index),
    FIELD(stopped), FIELD(makeup_ns), FIELD(lost),
    FIELD(pad),
};

const struct device_type mc146818_type = {
    .name = "mc146818",
    .reset = reset,
    .loaded = expired,
    .free = mc146818_free,
    .state_offset = offsetof(struct mc146818, state),
    .state_size = sizeof(struct mc146818_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct mc146818 *mc146818_new(struct machine *machine, struct irq_line irq)
{
    struct mc146818 *rtc = g_new0(struct mc146818, 1);
    rtc->machine = machine;
    rtc->irq = irq;
    rtc->update_timer = timer_new(machine->clocks, CLOCK_KIND_HOST, expired, rtc);
    rtc->periodic_timer = timer_new(machine->clocks, CLOCK_KIND_VIRTUAL, expired, rtc);
    rtc->state.ram[RTC_A] = 0x26;           /* 32.768 kHz, 1,024 Hz: what a PC's firmware leaves */
    rtc->state.ram[RTC_B] = B_24H;
    memory_add_io(machine->ports, "rtc", 0x70, 2, &rtc_ops, rtc, 0);
    machine_add_device(machine, &mc146818_type, rtc);
    return rtc;
}

void mc146818_set_offset(struct mc146818 *rtc, int64_t seconds)
{
    rtc->state.offset_s = seconds;
    rtc->state.handled_s = date_s(rtc);
}

void mc146818_preset(struct mc146818 *rtc, unsigned index, uint8_t value)
{
    rtc->state.ram[index & 0x7f] = value;
}

void mc146818_set_at_reset(struct mc146818 *rtc, unsigned index, uint8_t value)
{
    g_assert(rtc->at_reset_count < ARRAY_LEN(rtc->at_reset));
    rtc->at_reset[rtc->at_reset_count].index = (uint8_t)index;
    rtc->at_reset[rtc->at_reset_count++].value = value;
}

static void preset_word(struct mc146818 *rtc, unsigned index, uint64_t value)
{
    value = value < 0xffff ? value : 0xffff;
    mc146818_preset(rtc, index, (uint8_t)value);
    mc146818_preset(rtc, index + 1, (uint8_t)(value >> 8));
}

void mc146818_preset_memory(struct mc146818 *rtc, uint64_t below_4g, uint64_t above_4g)
{
    const uint64_t kib = 1 << 10, mib = 1 << 20, unit = 64 * kib;
    uint64_t extended = below_4g > mib ? (below_4g - mib) / kib : 0;
    uint64_t above_16m = below_4g > 16 * mib ? (below_4g - 16 * mib) / unit : 0;
    preset_word(rtc, 0x15, 640);
    preset_word(rtc, 0x17, extended);
    preset_word(rtc, 0x30, extended);
    preset_word(rtc, 0x34, above_16m);
    mc146818_preset(rtc, 0x5b, (uint8_t)(above_4g / unit));
    mc146818_preset(rtc, 0x5c, (uint8_t)(above_4g / unit >> 8));
    mc146818_preset(rtc, 0x5d, (uint8_t)(above_4g / unit >> 16));
}
