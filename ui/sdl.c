/* SPDX-License-Identifier: MIT */
/*
 * The screen in a window, by SDL2. SDL has no descriptor to sleep on, so a timer of the main loop asks for events: every
 * 16 ms, every 100 ms while the window cannot be seen. Pictures are copied to a texture under the machine lock and shown
 * without it. With a mouse that only knows movement a click grabs it; Ctrl+Alt+G lets go, Ctrl+Alt+F is full screen,
 * Ctrl+Alt+U the guest's own size. Left out: OpenGL contexts for guests, several windows, sound.
 */
#include <SDL.h>
#include <string.h>
#include "base/error.h"
#include "ui/sdl_keys.h"
#include "ui/view.h"

enum { EVENT_MS = 16, HIDDEN_MS = 100 };

struct sdl_window {
    struct ui *ui;
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *texture;
    unsigned width, height;             /* of the guest's screen */
    bool resized;                       /* since the texture was made */
    SDL_Rect dirty;                     /* w 0: nothing */
    bool present;                       /* the window shows something old */
    bool hidden, grabbed, full_screen, quit_on_close, watching;
    unsigned buttons;
    int x, y;                           /* of the pointer, in the guest's pixels: SDL maps them through the logical size */
    char *title;
    guint timer;
};

/* ---- Pictures; machine lock held ---- */

static void on_resized(void *opaque, const struct surface *surface)
{
    struct sdl_window *w = opaque;
    w->resized |= w->width != surface->width || w->height != surface->height;
    w->width = surface->width;
    w->height = surface->height;
    w->dirty = (SDL_Rect){ 0, 0, (int)w->width, (int)w->height };
}

static void on_updated(void *opaque, unsigned x, unsigned y, unsigned width, unsigned height)
{
    struct sdl_window *w = opaque;
    SDL_Rect changed = { (int)x, (int)y, (int)width, (int)height };
    if (w->dirty.w) {
        SDL_UnionRect(&w->dirty, &changed, &w->dirty);
    } else {
        w->dirty = changed;
    }
}

static void make_texture(struct sdl_window *w)
{
    if (w->texture) {
        SDL_DestroyTexture(w->texture);
    }
    w->texture = SDL_CreateTexture(w->renderer, SDL_PIXELFORMAT_RGB888, SDL_TEXTUREACCESS_STREAMING, (int)w->width,
                                   (int)w->height);
    SDL_RenderSetLogicalSize(w->renderer, (int)w->width, (int)w->height);
    if (w->resized && !w->full_screen && !(SDL_GetWindowFlags(w->window) & SDL_WINDOW_MAXIMIZED)) {
        SDL_SetWindowSize(w->window, (int)w->width, (int)w->height);
    }
    w->resized = false;
    w->dirty = (SDL_Rect){ 0, 0, (int)w->width, (int)w->height };
}

static void on_refreshed(void *opaque)
{
    struct sdl_window *w = opaque;
    const struct surface *surface = display_surface(w->ui->display);
    if (w->resized || !w->texture) {
        make_texture(w);
    }
    if (w->dirty.w && w->texture) {
        const uint8_t *from = (const uint8_t *)surface->pixels;
        from += (size_t)w->dirty.y * surface->stride_bytes + (size_t)w->dirty.x * 4;
        SDL_UpdateTexture(w->texture, &w->dirty, from, (int)surface->stride_bytes);
        w->present = true;
    }
    w->dirty.w = 0;
}

static void present(struct sdl_window *w)
{
    w->present = false;
    SDL_SetRenderDrawColor(w->renderer, 0, 0, 0, 255);
    SDL_RenderClear(w->renderer);
    if (w->texture) {
        SDL_RenderCopy(w->renderer, w->texture, NULL, NULL);
    }
    SDL_RenderPresent(w->renderer);
}

/* ---- The window ---- */

static void update_title(struct sdl_window *w)
{
    g_autofree char *plain = ui_title(w->ui);
    char *title = g_strconcat(plain, w->grabbed ? " - Ctrl+Alt+G releases the mouse" : "", NULL);
    if (g_strcmp0(title, w->title)) {
        SDL_SetWindowTitle(w->window, title);
    }
    g_free(w->title);
    w->title = title;
}

static bool wants_absolute(struct sdl_window *w)
{
    ui_lock(w->ui);
    bool absolute = input_wants_absolute(w->ui->input);
    ui_unlock(w->ui);
    return absolute;
}

static void set_grab(struct sdl_window *w, bool on)
{
    if (on != w->grabbed) {
        w->grabbed = on;
        SDL_SetRelativeMouseMode(on && !wants_absolute(w));
        SDL_SetWindowGrab(w->window, on);
        update_title(w);
    }
}

static void set_full_screen(struct sdl_window *w, bool on)
{
    w->full_screen = on;
    SDL_SetWindowFullscreen(w->window, on ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
    set_grab(w, on);
    w->present = true;
}

static void release_all(struct sdl_window *w)
{
    ui_lock(w->ui);
    input_release_all(w->ui->input);
    ui_unlock(w->ui);
}

/* A key of the window itself: true when it was one. */
static bool window_key(struct sdl_window *w, const SDL_KeyboardEvent *key)
{
    if ((key->keysym.mod & KMOD_CTRL) == 0 || (key->keysym.mod & KMOD_ALT) == 0) {
        return false;
    }
    switch (key->keysym.scancode) {
    case SDL_SCANCODE_G: set_grab(w, !w->grabbed); break;
    case SDL_SCANCODE_F: set_full_screen(w, !w->full_screen); break;
    case SDL_SCANCODE_U: SDL_SetWindowSize(w->window, (int)w->width, (int)w->height); break;
    default: return false;
    }
    release_all(w);                     /* the guest shall not keep Ctrl and Alt */
    return true;
}

static void on_key(struct sdl_window *w, const SDL_KeyboardEvent *key)
{
    bool down = key->type == SDL_KEYDOWN;
    if (down && !key->repeat && window_key(w, key)) {
        return;
    }
    ui_lock(w->ui);
    input_key(w->ui->input, sdl_key_code(key->keysym.scancode), down);
    ui_unlock(w->ui);
}

static unsigned absolute_of(int position, unsigned size)
{
    position = CLAMP(position, 0, (int)size - 1);
    return size > 1 ? (unsigned)position * INPUT_ABSOLUTE_MOST / (size - 1) : 0;
}

static void send_pointer(struct sdl_window *w, int dx, int dy, int wheel)
{
    ui_lock(w->ui);
    if (input_wants_absolute(w->ui->input)) {
        input_absolute(w->ui->input, absolute_of(w->x, w->width), absolute_of(w->y, w->height), wheel,
                       w->buttons);
    } else if (w->grabbed) {
        input_relative(w->ui->input, dx, dy, wheel, w->buttons);
    }
    ui_unlock(w->ui);
}

static void on_button(struct sdl_window *w, const SDL_MouseButtonEvent *event)
{
    static const unsigned bits[] = { [SDL_BUTTON_LEFT] = INPUT_LEFT, [SDL_BUTTON_MIDDLE] = INPUT_MIDDLE,
                                     [SDL_BUTTON_RIGHT] = INPUT_RIGHT, [SDL_BUTTON_X1] = INPUT_SIDE,
                                     [SDL_BUTTON_X2] = INPUT_EXTRA };
    bool down = event->type == SDL_MOUSEBUTTONDOWN;
    if (down && !w->grabbed && !wants_absolute(w)) {
        set_grab(w, true);              /* this click is for the window */
        return;
    }
    unsigned bit = event->button < ARRAY_LEN(bits) ? bits[event->button] : 0;
    w->buttons = down ? w->buttons | bit : w->buttons & ~bit;
    send_pointer(w, 0, 0, 0);
}

static void set_watching(struct sdl_window *w, bool on)
{
    if (on != w->watching) {
        w->watching = on;
        (on ? ui_watch : ui_unwatch)(w->ui);
    }
}

static void on_window(struct sdl_window *w, const SDL_WindowEvent *event)
{
    switch (event->event) {
    case SDL_WINDOWEVENT_CLOSE:
        if (w->quit_on_close) {
            w->ui->machine->shutdown_reason = "host-ui";
            machine_request_shutdown(w->ui->machine, 0);
        }
        break;
    case SDL_WINDOWEVENT_FOCUS_LOST:
        release_all(w);
        set_grab(w, w->full_screen && w->grabbed);
        break;
    case SDL_WINDOWEVENT_HIDDEN: case SDL_WINDOWEVENT_MINIMIZED:
        w->hidden = true;
        set_watching(w, false);
        break;
    case SDL_WINDOWEVENT_SHOWN: case SDL_WINDOWEVENT_RESTORED: case SDL_WINDOWEVENT_EXPOSED:
    case SDL_WINDOWEVENT_SIZE_CHANGED: case SDL_WINDOWEVENT_MAXIMIZED:
        w->hidden = false;
        w->present = true;
        set_watching(w, true);
        break;
    default:
        break;
    }
}

static void on_event(struct sdl_window *w, const SDL_Event *event)
{
    switch (event->type) {
    case SDL_KEYDOWN: case SDL_KEYUP: on_key(w, &event->key); break;
    case SDL_MOUSEMOTION:
        w->x = event->motion.x;
        w->y = event->motion.y;
        send_pointer(w, event->motion.xrel, event->motion.yrel, 0);
        break;
    case SDL_MOUSEBUTTONDOWN: case SDL_MOUSEBUTTONUP: on_button(w, &event->button); break;
    case SDL_MOUSEWHEEL: send_pointer(w, 0, 0, event->wheel.y); break;
    case SDL_WINDOWEVENT: on_window(w, &event->window); break;
    case SDL_RENDER_TARGETS_RESET: case SDL_RENDER_DEVICE_RESET: w->resized = true; break;
    default: break;
    }
}

static gboolean on_timer(gpointer opaque)
{
    struct sdl_window *w = opaque;
    bool was_hidden = w->hidden;
    SDL_Event event;
    while (SDL_PollEvent(&event)) {
        on_event(w, &event);
    }
    update_title(w);
    if (w->present && !w->hidden) {
        present(w);
    }
    if (was_hidden == w->hidden) {
        return G_SOURCE_CONTINUE;
    }
    w->timer = g_timeout_add(w->hidden ? HIDDEN_MS : EVENT_MS, on_timer, w);
    return G_SOURCE_REMOVE;
}

/* ---- Life ---- */

static void sdl_free(void *opaque)
{
    struct sdl_window *w = opaque;
    if (w->timer) {
        g_source_remove(w->timer);
    }
    set_watching(w, false);
    ui_lock(w->ui);
    display_remove_listener(w->ui->display, w);
    ui_unlock(w->ui);
    if (w->texture) {
        SDL_DestroyTexture(w->texture);
    }
    if (w->renderer) {
        SDL_DestroyRenderer(w->renderer);
    }
    if (w->window) {
        SDL_DestroyWindow(w->window);
    }
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
    g_free(w->title);
    g_free(w);
}

static bool make_window(struct sdl_window *w, GError **error)
{
    const struct surface *surface = display_surface(w->ui->display);
    w->window = SDL_CreateWindow("Dragoman", SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, (int)surface->width,
                                 (int)surface->height, SDL_WINDOW_RESIZABLE);
    w->renderer = w->window ? SDL_CreateRenderer(w->window, -1, 0) : NULL;
    if (w->window && !w->renderer) {
        w->renderer = SDL_CreateRenderer(w->window, -1, SDL_RENDERER_SOFTWARE);
    }
    return w->renderer || error_fail(error, "no window: %s", SDL_GetError());
}

static bool sdl_open(struct ui *ui, const char *arguments, GError **error)
{
    static const char *const keys[] = { "gl", "full-screen", "window-close", "show-cursor", "grab-mod", "alt_grab",
                                        "ctrl_grab", NULL };
    if (!ui_check_keys(arguments, keys, error)) {
        return false;
    }
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetHint(SDL_HINT_GRAB_KEYBOARD, "1");
    SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, "linear");
    if (SDL_InitSubSystem(SDL_INIT_VIDEO)) {
        return error_fail(error, "SDL: %s", SDL_GetError());
    }
    struct sdl_window *w = g_new0(struct sdl_window, 1);
    w->ui = ui;
    w->quit_on_close = !strstr(arguments, "window-close=off");
    if (!make_window(w, error)) {
        sdl_free(w);
        return false;
    }
    struct display_listener listener = { .opaque = w, .resized = on_resized, .updated = on_updated,
                                         .refreshed = on_refreshed };
    ui_lock(ui);
    display_add_listener(ui->display, &listener);
    on_refreshed(w);
    ui_unlock(ui);
    update_title(w);
    set_watching(w, true);
    if (ui->full_screen || strstr(arguments, "full-screen=on")) {
        set_full_screen(w, true);
    }
    w->timer = g_timeout_add(EVENT_MS, on_timer, w);
    ui_add_view(ui, &(struct ui_view){ .opaque = w, .free = sdl_free });
    return true;
}

const struct ui_kind ui_kind_sdl = {
    "sdl", "[,full-screen=on][,window-close=off]", "a window; Ctrl+Alt+G mouse, Ctrl+Alt+F full screen", sdl_open,
};
