/* SPDX-License-Identifier: MIT */
/* base/display.c: what adapters say reaches every listener; sizes and rectangles are cut; text is copied. */
#include <string.h>
#include "base/device.h"
#include "base/display.h"
#include "tests/unit/test.h"

struct seen { unsigned resized, updated, text, refreshed, x, y, width, height, columns; };

static void on_resized(void *opaque, const struct surface *surface) { ((struct seen *)opaque)->resized++; }
static void on_updated(void *opaque, unsigned x, unsigned y, unsigned width, unsigned height)
{
    struct seen *seen = opaque;
    seen->updated++;
    seen->x = x, seen->y = y, seen->width = width, seen->height = height;
}
static void on_text(void *opaque, const struct text_screen *text)
{
    struct seen *seen = opaque;
    seen->text++;
    seen->columns = text->columns;
}
static void on_refreshed(void *opaque) { ((struct seen *)opaque)->refreshed++; }

static struct display_listener listener(struct seen *seen)
{
    return (struct display_listener){ seen, on_resized, on_updated, on_text, on_refreshed };
}

static void starts_black(struct test *test)
{
    struct display *display = display_new("vga");
    const struct surface *surface = display_surface(display);
    EXPECT(test, surface->width == 640 && surface->height == 480 && surface->stride_bytes == 2560 && !surface->pixels[99]);
    EXPECT(test, display_text(display)->columns == 0 && !strcmp(display_name(display), "vga"));
    display_refresh(display);           /* without an adapter nothing happens */
    display_invalidate(display);
    display_free(display);
    display_free(NULL);
}

static void listeners_hear(struct test *test)
{
    struct display *display = display_new("vga");
    struct seen a = { 0 }, b = { 0 };
    struct display_listener first = listener(&a), second = { .opaque = &b, .updated = on_updated };
    display_add_listener(display, &first);
    EXPECT(test, a.resized == 1 && a.updated == 1 && a.width == 640 && a.height == 480 && a.text == 1);
    display_add_listener(display, &second);
    struct surface *surface = display_resize(display, 320, 200);
    EXPECT(test, a.resized == 2 && surface->width == 320 && !surface->pixels[320 * 200 - 1]);
    display_changed(display, 300, 190, 1000, 1000);
    EXPECT(test, a.x == 300 && a.y == 190 && a.width == 20 && a.height == 10 && b.updated == 2);
    display_changed(display, 320, 0, 1, 1);
    display_changed(display, 0, 0, 0, 1);
    EXPECT_EQ(test, b.updated, 2);
    display_remove_listener(display, &a);
    display_changed(display, 0, 0, 1, 1);
    EXPECT(test, a.updated == 2 && b.updated == 3);
    display_free(display);
}

static void text_is_copied(struct test *test)
{
    struct display *display = display_new("vga");
    struct seen a = { 0 };
    struct display_listener first = listener(&a);
    display_add_listener(display, &first);
    struct text_cell cells[80 * 25] = { { 'A', 7 } };
    struct text_screen text = { .cells = cells, .columns = 80, .rows = 25, .cursor = true, .cursor_row = 3 };
    display_set_text(display, &text);
    cells[0].character = 'B';
    EXPECT(test, a.columns == 80 && display_text(display)->cells[0].character == 'A' && display_text(display)->cursor_row == 3);
    text.columns = 40;
    display_set_text(display, &text);
    EXPECT(test, a.columns == 40 && display_text(display)->cells[0].character == 'B');
    text.columns = 1u << 31;            /* nonsense is no text mode */
    display_set_text(display, &text);
    EXPECT(test, a.columns == 0);
    display_set_text(display, NULL);
    EXPECT(test, display_text(display)->rows == 0);
    display_free(display);
}

static void sizes_are_cut(struct test *test)
{
    struct display *display = display_new("vga");
    EXPECT(test, display_resize(display, 0, 0)->width == 1 && display_surface(display)->height == 1);
    EXPECT(test, display_resize(display, 1u << 31, 1)->width == DISPLAY_MOST);
    display_free(display);
}

struct adapter { struct display *display; bool draw; unsigned invalidated; };
static void refresh(void *device)
{
    struct adapter *adapter = device;
    if (adapter->draw) {
        display_changed(adapter->display, 0, 0, 8, 8);
    }
}
static void invalidate(void *device) { ((struct adapter *)device)->invalidated++; }

static void refresh_reports_its_end(struct test *test)
{
    struct display *display = display_new("vga");
    struct adapter adapter = { display, true, 0 };
    struct display_adapter functions = { &adapter, refresh, invalidate };
    struct seen a = { 0 };
    struct display_listener first = listener(&a);
    display_set_adapter(display, &functions);
    display_add_listener(display, &first);
    display_refresh(display);
    EXPECT(test, a.refreshed == 1 && a.width == 8);
    adapter.draw = false;
    display_refresh(display);
    EXPECT_EQ(test, a.refreshed, 1);
    display_invalidate(display);
    EXPECT_EQ(test, adapter.invalidated, 1);
    display_free(display);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(starts_black), TEST(listeners_hear), TEST(text_is_copied), TEST(sizes_are_cut), TEST(refresh_reports_its_end),
    };
    return test_run_cases("display", cases, ARRAY_LEN(cases));
}
