/* SPDX-License-Identifier: MIT */
/* The command line parser: accepted lines and their meaning, refused lines and what they say. */
#include "base/options.h"
#include "tests/unit/test.h"
#include <string.h>

static bool parse(const char *line, struct options *options, GError **error)
{
    enum options_request request;
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    return options_parse(options, *line ? g_strv_length(words) : 0, words, &request, error);
}

static void defaults(struct test *test)
{
    struct options o;
    EXPECT(test, parse("", &o, NULL));
    EXPECT(test, o.memory_bytes == 128 << 20 && o.cpus == 1 && !o.icount && !o.no_reboot);
    EXPECT(test, o.serial->len == 1 && !strcmp(o.serial->pdata[0], "mon:stdio"));
    options_clear(&o);
    EXPECT(test, parse("-display none", &o, NULL) && o.serial->len == 0);
    options_clear(&o);
}

static void meaning(struct test *test)
{
    static const char line[] = "-M pc,accel=interp --m 1G -smp 2,sockets=1,maxcpus=4 -smp 3 -kernel k -initrd i -append a=b "
                               "-serial file:/x -hdb b.img -serial none a.img -boot dc,menu=on -device isa-debug-exit,iobase=0xf4 -no-reboot -icount 3 -d int";
    struct options o;
    if (!EXPECT(test, parse(line, &o, NULL))) {
        return;
    }
    EXPECT(test, !strcmp(o.machine, "pc") && o.accelerators[0] == OPTIONS_ACCEL_INTERP && o.accelerator_count == 1 && o.memory_bytes == 1ull << 30);
    EXPECT(test, o.cpus == 3 && o.max_cpus == 4 && o.sockets == 1);
    EXPECT(test, !strcmp(o.kernel, "k") && !strcmp(o.initrd, "i") && !strcmp(o.append, "a=b"));
    EXPECT(test, o.drives->len == 2 && !strcmp(o.drives->pdata[0], "hdb:b.img") && !strcmp(o.drives->pdata[1], "hda:a.img"));
    EXPECT(test, !strcmp(o.boot_order, "dc") && !strcmp(o.boot_menu, "on"));
    EXPECT(test, o.serial->len == 2 && !strcmp(o.serial->pdata[1], "none"));
    EXPECT(test, o.devices->len == 1 && o.no_reboot && o.icount && o.icount_shift == 3 && !strcmp(o.log_names, "int"));
    options_clear(&o);
    EXPECT(test, parse("-accel hvf:kvm:tcg:kvm", &o, NULL) && o.accelerator_count == 2 && o.accelerators[0] == OPTIONS_ACCEL_KVM &&
           o.accelerators[1] == OPTIONS_ACCEL_TCG);
    options_clear(&o);
    EXPECT(test, parse("-accel kvm -accel tcg,tb-size=8", &o, NULL) && o.accelerator_count == 2 && o.accelerators[0] == OPTIONS_ACCEL_KVM);
    options_clear(&o);
    EXPECT(test, parse("-machine pc,accel=kvm:tcg,smm=off,kernel_irqchip=split", &o, NULL) && o.accelerator_count == 2 && !strcmp(o.smm, "off"));
    options_clear(&o);
    EXPECT(test, parse("-enable-kvm -M pc", &o, NULL) && o.accelerator_count == 1 && o.accelerators[0] == OPTIONS_ACCEL_KVM);
    options_clear(&o);
    EXPECT(test, parse("-nographic -serial stdio", &o, NULL) && !strcmp(o.serial->pdata[0], "mon:stdio"));
    options_clear(&o);
}

static void refused(struct test *test)
{
    static const struct { const char *line, *says; } cases[] = {
        { "-kernal x", "-kernel" }, { "--zzzzzzzzz", "unknown" }, { "-kernel", "-kernel" },
        { "-m 0", "-m" }, { "-m 100T", "512G" }, { "-m 99999999999999999999", "-m" }, { "-m 16X", "16X" }, { "-m -1", "-1" },
        { "-smp 0", "1 to 255" }, { "-smp 300", "1 to 255" }, { "-smp two", "two" }, { "-smp 4,maxcpus=2", "maxcpus" },
        { "-machine pc,accel=hvf", "tcg interp" }, { "-accel hvf", "tcg interp" }, { "-smp 1,sokets=1", "sockets" },
        { "-append x", "-kernel" }, { "-initrd x", "-kernel" }, { "-monitor stdio -serial stdio", "one stream" },
        { "-serial stdio -debugcon stdio", "stdio" }, { "-icount 11", "0 to 10" },
        { "-chardev stdio", "id=" }, { "-chardev file,id=x", "path" }, { "-chardev socket,id=x", "socket" },
        { "-chardev stdio,id=a -serial stdio", "one stream" },
        { "-serial none -serial none -serial none -serial none -serial none", "4 times" },
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct options o;
        GError *error = NULL;
        bool good = parse(cases[i].line, &o, &error);
        if (!EXPECT(test, !good && error && strstr(error->message, cases[i].says) && !strchr(error->message, '\n'))) {
            printf("# %s: %s\n", cases[i].line, error ? error->message : "accepted");
        }
        if (good) {
            options_clear(&o);
        }
        g_clear_error(&error);
    }
}

static void sizes(struct test *test)
{
    uint64_t n = 0;
    EXPECT(test, options_parse_size("64", &n) && n == 64 << 20);
    EXPECT(test, options_parse_size("3k", &n) && n == 3 << 10);
    EXPECT(test, options_parse_size("2G", &n) && n == 2ull << 30);
    EXPECT(test, options_parse_size("512B", &n) && n == 512);
    EXPECT(test, !options_parse_size("", &n) && !options_parse_size("1GG", &n) && !options_parse_size("G", &n));
    EXPECT(test, !options_parse_size("99999999E", &n));
}

static void device_properties(struct test *test)
{
    g_autofree char *driver = options_driver("isa-debug-exit,iobase=0xf4,iosize=4"),
                    *base = options_property("isa-debug-exit,iobase=0xf4,iosize=4", "iobase"),
                    *flag = options_property("x,readonly", "readonly"), *none = options_property("x,readonly", "read");
    EXPECT(test, !strcmp(driver, "isa-debug-exit") && !g_strcmp0(base, "0xf4") && !g_strcmp0(flag, "on") && !none);
}

int main(void)
{
    test_run("options_defaults", defaults);
    test_run("options_meaning", meaning);
    test_run("options_refused", refused);
    test_run("options_sizes", sizes);
    test_run("options_device_properties", device_properties);
    return test_status();
}
