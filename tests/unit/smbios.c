/* SPDX-License-Identifier: MIT */
/* SMBIOS tables read as dmidecode reads them: headers, lengths, strings, fields by their offsets in DSP0134; -smbios. */
#include "hw/boot/smbios.h"
#include "base/device.h"
#include "tests/unit/test.h"
#include <string.h>

static struct smbios_machine machine_of(GPtrArray *specs)
{
    return (struct smbios_machine){
        .product = "a product", .version = "a version", .uuid = "00112233-4455-6677-8899-aabbccddeeff", .specs = specs,
        .sockets = 2, .cores = 3, .threads = 2, .processor_id = 0x0123456789abcdef, .ram_bytes = 40ull << 30,
        .ram = { { 0, 3ull << 30 }, { 4ull << 30, 37ull << 30 } },
    };
}

static uint64_t field(const uint8_t *structure, unsigned offset, unsigned bytes)
{
    uint64_t value = 0;
    memcpy(&value, structure + offset, bytes);
    return value;
}

/* The n-th string of a structure, counted from 1; "" for 0. */
static const char *string_at(const uint8_t *structure, unsigned offset)
{
    const char *text = (const char *)structure + structure[1];
    for (unsigned n = structure[offset]; n > 1; n--) {
        text += strlen(text) + 1;
    }
    return structure[offset] ? text : "";
}

/* The n-th structure of a type; NULL: none. Also walks all to see that they end where they must. */
static const uint8_t *find(const struct smbios_files *files, unsigned type, unsigned n, unsigned *count)
{
    const uint8_t *at = files->tables->data, *end = at + files->tables->len, *found = NULL;
    *count = 0;
    while (at + 4 <= end) {
        if (at[0] == type && !n--) {
            found = at;
        }
        ++*count;
        bool last = at[0] == 127;
        at += at[1];
        while (at + 2 <= end && (at[0] || at[1])) {
            at++;
        }
        at += 2;
        if (last) {
            break;
        }
    }
    return at == end ? found : NULL;
}

static uint8_t sum(const uint8_t *bytes, unsigned count)
{
    uint8_t total = 0;
    while (count--) {
        total += *bytes++;
    }
    return total;
}

static void standard_tables(struct test *test)
{
    struct smbios_machine machine = machine_of(NULL);
    struct smbios_files files;
    unsigned count;
    static const uint8_t uuid[] = { 0x33, 0x22, 0x11, 0, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
    EXPECT(test, smbios_build(&machine, &files, NULL));
    const uint8_t *system = find(&files, 1, 0, &count), *anchor = files.anchor->data;
    EXPECT(test, system && system[1] == 27 && !strcmp(string_at(system, 4), "QEMU") && !strcmp(string_at(system, 5), "a product"));
    EXPECT(test, system && !memcmp(system + 8, uuid, 16) && system[7] == 0);
    EXPECT(test, files.anchor->len == 31 && !memcmp(anchor, "_SM_", 4) && !memcmp(anchor + 16, "_DMI_", 5));
    EXPECT(test, !sum(anchor, 31) && !sum(anchor + 16, 15) && field(anchor, 22, 2) == files.tables->len);
    EXPECT_EQ(test, field(anchor, 28, 2), count);
    EXPECT(test, !find(&files, 0, 0, &count) && !find(&files, 2, 0, &count) && !find(&files, 11, 0, &count));
    EXPECT(test, find(&files, 3, 0, &count) && find(&files, 32, 0, &count) && find(&files, 127, 0, &count));
    const uint8_t *cpu = find(&files, 4, 1, &count);
    EXPECT(test, cpu && cpu[1] == 48 && field(cpu, 8, 8) == 0x0123456789abcdef && !strcmp(string_at(cpu, 4), "CPU 1"));
    EXPECT(test, cpu && cpu[0x23] == 3 && cpu[0x25] == 6 && !find(&files, 4, 2, &count));
    smbios_files_clear(&files);
}

static void memory(struct test *test)
{
    struct smbios_machine machine = machine_of(NULL);
    struct smbios_files files;
    unsigned count;
    EXPECT(test, smbios_build(&machine, &files, NULL));
    const uint8_t *array = find(&files, 16, 0, &count), *dimm = find(&files, 17, 2, &count);
    EXPECT(test, array && field(array, 7, 4) == 40 << 20 && field(array, 13, 2) == 3);
    EXPECT(test, dimm && dimm[1] == 40 && field(dimm, 12, 2) == 8 << 10 && !strcmp(string_at(dimm, 16), "DIMM 2"));
    EXPECT_EQ(test, field(find(&files, 17, 0, &count), 12, 2), 16 << 10);
    EXPECT(test, !find(&files, 17, 3, &count));
    const uint8_t *low = find(&files, 19, 0, &count), *high = find(&files, 19, 1, &count);
    EXPECT(test, low && field(low, 4, 4) == 0 && field(low, 8, 4) == (3 << 20) - 1);
    EXPECT(test, high && field(high, 4, 4) == 4 << 20 && field(high, 8, 4) == (41 << 20) - 1);
    smbios_files_clear(&files);
    machine.ram_bytes = 3072ull << 30, machine.ram[1].bytes = 3069ull << 30;
    machine.ram[1].bytes = 5ull << 40;
    machine.entry_64 = true;
    EXPECT(test, smbios_build(&machine, &files, NULL));
    array = find(&files, 16, 0, &count), high = find(&files, 19, 1, &count);
    EXPECT(test, array && field(array, 7, 4) == 0x80000000 && field(array, 15, 8) == 3072ull << 30);
    EXPECT(test, high && field(high, 4, 4) == UINT32_MAX && field(high, 15, 8) == 4ull << 30);
    EXPECT_EQ(test, field(high, 23, 8), (4ull << 30) + (5ull << 40) - 1);
    EXPECT(test, files.anchor->len == 24 && !memcmp(files.anchor->data, "_SM3_", 5) && !sum(files.anchor->data, 24));
    EXPECT_EQ(test, field(files.anchor->data, 12, 4), files.tables->len);
    smbios_files_clear(&files);
}

static void given_by_options(struct test *test)
{
    GPtrArray *specs = g_ptr_array_new();
    struct smbios_machine machine = machine_of(specs);
    struct smbios_files files;
    unsigned count;
    g_ptr_array_add(specs, "type=1,manufacturer=Me,, myself,serial=S1,uuid=ffeeddcc-bbaa-9988-7766-554433221100");
    g_ptr_array_add(specs, "type=0,vendor=V,release=4.12,uefi=on,date=01/02/2003");
    g_ptr_array_add(specs, "type=2,asset=A");
    g_ptr_array_add(specs, "type=11,value=one=1,value=two");
    g_ptr_array_add(specs, "type=17,speed=3200,loc_pfx=SLOT");
    g_ptr_array_add(specs, "type=1,sku=K");
    EXPECT(test, smbios_build(&machine, &files, NULL));
    const uint8_t *system = find(&files, 1, 0, &count), *firmware = find(&files, 0, 0, &count), *oem = find(&files, 11, 0, &count);
    EXPECT(test, system && !strcmp(string_at(system, 4), "Me, myself") && !strcmp(string_at(system, 7), "S1"));
    EXPECT(test, system && field(system, 8, 4) == 0xffeeddcc && !strcmp(string_at(system, 25), "K"));
    EXPECT(test, firmware && !strcmp(string_at(firmware, 4), "V") && firmware[0x14] == 4 && firmware[0x15] == 12);
    EXPECT(test, firmware && !strcmp(string_at(firmware, 8), "01/02/2003") && (firmware[0x13] & 8));
    EXPECT(test, oem && oem[4] == 2 && !strcmp((const char *)oem + 5, "one=1"));
    EXPECT(test, find(&files, 2, 0, &count) && !strcmp(string_at(find(&files, 2, 0, &count), 8), "A"));
    EXPECT(test, !strcmp(string_at(find(&files, 17, 0, &count), 16), "SLOT 0") && field(find(&files, 17, 0, &count), 21, 2) == 3200);
    smbios_files_clear(&files);
    g_ptr_array_unref(specs);
}

static void wrong_options(struct test *test)
{
    static const struct { const char *spec, *words; } wrong[] = {
        { "type=5,x=1", "begins with type=" }, { "manufacturer=x", "begins with type=" }, { "type=", "begins with type=" },
        { "type=1,colour=red", "no key 'colour'" }, { "type=1,serial", "key=value" }, { "type=1,uuid=12", "must be like" },
        { "type=4,max-speed=70000", "does not fit" }, { "type=0,release=1", "does not fit" }, { "type=0,release=1.300", "does not fit" },
        { "type=0,uefi=maybe", "does not fit" }, { "file=x", "begins with type=" },
        { "type=18446744073709551617,serial=1", "begins with type=" },
    };
    for (unsigned i = 0; i < ARRAY_LEN(wrong); i++) {
        GPtrArray *specs = g_ptr_array_new();
        struct smbios_machine machine = machine_of(specs);
        struct smbios_files files;
        GError *error = NULL;
        g_ptr_array_add(specs, (void *)wrong[i].spec);
        EXPECT(test, !smbios_build(&machine, &files, &error) && !files.tables);
        if (!EXPECT(test, error && strstr(error->message, wrong[i].words))) {
            printf("# %s: %s\n", wrong[i].spec, error ? error->message : "no error");
        }
        g_clear_error(&error);
        g_ptr_array_unref(specs);
    }
    uint8_t uuid[16];
    EXPECT(test, uuid_parse("00112233445566778899aabbccddeeff", uuid) && uuid[15] == 0xff && !uuid_parse("0-1", uuid));
    EXPECT(test, !uuid_parse("00112233445566778899aabbccddeeff0", uuid) && !uuid_parse("", uuid));
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(standard_tables), TEST(memory), TEST(given_by_options), TEST(wrong_options),
    };
    return test_run_cases("smbios", cases, ARRAY_LEN(cases));
}
