/* A verifier of Yinjian certificates without a network, in one file of C with libsodium: the nine steps of docs/spec
   over a QR code's text, by a keyring whose first root is pinned, with a snapshot and a receipt where there are any.

   It shares no code with the project and was written from the specification alone, so that the two can be held against
   each other: tests/verify/core/test_c_verifier.py runs the vectors through it.

       cc -std=c11 -O2 -o verifier verifier.c -lsodium
       ./verifier --root HEX --keyring @FILE [--snapshot @FILE] [--receipt @FILE] [--as-of SECONDS] --text TEXT ...

   Words are taken in order, and bytes in hexadecimal or as @FILE; each --keyring, --snapshot and --text answers with a
   line of JSON. Also: --clock SECONDS, --log-size, --kept-size and --kept-taken-at N (docs/spec/snapshot.md), --qr and
   --read (a text in hexadecimal: judged, or its digits alone), --statement (of any kind), --cose (a COSE Receipt in place
   of a tlog-proof), --checkpoint (a note), --entry (of the log, 33 bytes: whether the receipt proves it).
   Exit: 0 all is well, 1 something is not valid, 2 wrong usage or a keyring that is not believed. */
#define _GNU_SOURCE
#include <regex.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t i64;
typedef struct { const u8 *at; size_t len; } Span;

/* Whatever is not as the specification says ends in refuse(), with a stable code, at the guard last set. */
static jmp_buf *guard;
static const char *refusal;
static _Noreturn void refuse(const char *code) { refusal = code; longjmp(*guard, 1); }
static _Noreturn void malformed(void) { refuse("malformed"); }

/* Memory is given back when the process ends: what one run reads is bounded by its input. */
static void *take(size_t size) {
    void *memory = calloc(1, size ? size : 1);
    if (!memory) { fputs("out of memory\n", stderr); exit(2); }
    return memory;
}
static int same(Span a, Span b) { return a.len == b.len && !memcmp(a.at, b.at, a.len); }
static int is(Span a, const char *text) { return a.len == strlen(text) && !memcmp(a.at, text, a.len); }
static int begins(Span a, const char *text) { return a.len >= strlen(text) && !memcmp(a.at, text, strlen(text)); }
static Span from(Span a, size_t at) { return at > a.len ? (Span){a.at, 0} : (Span){a.at + at, a.len - at}; }
static size_t find(Span a, u8 byte) { /* where it is first, or the end */
    const u8 *at = a.len ? memchr(a.at, byte, a.len) : NULL;
    return at ? (size_t)(at - a.at) : a.len;
}
static void sha256(u8 out[32], Span data) { crypto_hash_sha256(out, data.at, data.len); }

/* ---- UTF-8 ---- */

/* The code point at *at, which is moved behind it; -1 for what is not UTF-8 (RFC 3629). */
static int32_t code_point(const u8 **at, const u8 *end) {
    static const int32_t least[] = {0x80, 0x800, 0x10000};
    u8 first = *(*at)++;
    if (first < 0x80) return first;
    int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || end - *at < more) return -1;
    int32_t point = first & (0x3f >> more);
    for (int i = 0; i < more; i++) {
        if ((**at & 0xc0) != 0x80) return -1;
        point = point << 6 | (*(*at)++ & 0x3f);
    }
    return point < least[more - 1] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000) ? -1 : point;
}

/* Whether a code point is in one of these ranges, which end with {0, 0}. */
static int within(int32_t point, const u32 (*range)[2]) {
    for (; (*range)[1]; range++)
        if (point >= 0 && (u32)point >= (*range)[0] && (u32)point <= (*range)[1]) return 1;
    return 0;
}
static const u32 CONTROL[][2] = { /* general categories Cc and Cf */
    {0, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x600, 0x605}, {0x61c, 0x61c}, {0x6dd, 0x6dd}, {0x70f, 0x70f},
    {0x890, 0x891}, {0x8e2, 0x8e2}, {0x180e, 0x180e}, {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x2064},
    {0x2066, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f},
    {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0001, 0xe0001}, {0xe0020, 0xe007f}, {0, 0}};
static const u32 SPACE[][2] = { /* Unicode's White_Space */
    {9, 13}, {32, 32}, {0x85, 0x85}, {0xa0, 0xa0}, {0x1680, 0x1680}, {0x2000, 0x200a}, {0x2028, 0x2029},
    {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}, {0, 0}};

/* ---- CBOR: one strict pass (RFC 8949 section 4.2.1) ---- */

enum { UINT, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };
enum { MOST_LEVELS = 16, SIMPLE_FALSE = 20, SIMPLE_TRUE, SIMPLE_NULL };

typedef struct Node Node;
struct Node {
    int type;
    u64 number;   /* the argument: of a negative integer, -1 minus its value */
    Span bytes;   /* of a string */
    Span raw;     /* the whole item as it was encoded */
    Node *items;  /* of an array; of a map keys and values by turns */
    size_t count; /* items: of a map twice its pairs */
};

static const i64 ELEMENT = INT64_MIN; /* in a path: any element of an array */
typedef struct { const u8 *at, *end; i64 path[MOST_LEVELS + 2]; int depth, claims; } Reader;

/* Of which type the keys of the map at this place in the claims are: integers, but for names and the snapshot's own. */
static int key_type(const Reader *reader) {
    const i64 *path = reader->path;
    if (!reader->claims) return UINT;
    if (reader->depth == 3 && path[0] == -65539 && path[1] == 9 && path[2] == 1) return TEXT;
    if (reader->depth == 4 && path[0] == -65541 && path[2] == ELEMENT &&
        ((path[1] == 4 && path[3] == 2) || (path[1] == 5 && (path[3] == 2 || path[3] == 3)))) return TEXT;
    return reader->depth == 2 && path[0] == -65542 && path[1] == 3 ? BYTES : UINT;
}

static Node read_item(Reader *reader) {
    static const u64 least[] = {24, 1u << 8, 1u << 16, (u64)1 << 32};
    Node node = {.raw = {reader->at, 0}};
    if (reader->at >= reader->end) refuse("truncated");
    u8 initial = *reader->at++, info = initial & 31;
    node.type = initial >> 5;
    node.number = info;
    if (info >= 24) {
        if (info > 27 || node.type == SIMPLE) refuse("not_canonical");
        size_t size = (size_t)1 << (info - 24);
        if ((size_t)(reader->end - reader->at) < size) refuse("truncated");
        for (node.number = 0; size; size--) node.number = node.number << 8 | *reader->at++;
        if (node.number < least[info - 24]) refuse("not_canonical");
    }
    if (node.type == TAG) refuse("not_canonical");
    if (node.type == SIMPLE && (node.number < SIMPLE_FALSE || node.number > SIMPLE_NULL)) refuse("not_canonical");
    if (node.type >= ARRAY && node.type <= MAP && reader->depth >= MOST_LEVELS) refuse("too_deep");
    if (node.type >= BYTES && node.type <= MAP && node.number > (u64)(reader->end - reader->at)) refuse("truncated");
    if (node.type == BYTES || node.type == TEXT) {
        node.bytes = (Span){reader->at, (size_t)node.number};
        reader->at += node.number;
        for (const u8 *at = node.bytes.at; node.type == TEXT && at < reader->at;)
            if (code_point(&at, reader->at) < 0) refuse("not_canonical");
    } else if (node.type == ARRAY || node.type == MAP) {
        int map = node.type == MAP, wanted = map ? key_type(reader) : UINT;
        node.count = (size_t)node.number * (map ? 2 : 1);
        node.items = take(node.count * sizeof *node.items);
        i64 *place = &reader->path[reader->depth++];
        for (size_t i = 0; i < node.count; i++) {
            Node *item = &node.items[i];
            *place = ELEMENT;
            if (map && i % 2 && item[-1].type <= NEGATIVE && item[-1].number <= INT64_MAX)
                *place = item[-1].type == UINT ? (i64)item[-1].number : -1 - (i64)item[-1].number;
            *item = read_item(reader);
            if (!map || i % 2) continue;
            if (item->type != wanted && !(wanted == UINT && item->type == NEGATIVE)) refuse("not_canonical");
            if (i) { /* in bytewise order, none twice */
                Span before = item[-2].raw, now = item->raw;
                int order = memcmp(before.at, now.at, before.len < now.len ? before.len : now.len);
                if (order > 0 || (order == 0 && before.len >= now.len)) refuse("not_canonical");
            }
        }
        reader->depth--;
    }
    node.raw.len = (size_t)(reader->at - node.raw.at);
    return node;
}

static Node decode(Span data, int claims) {
    Reader reader = {.at = data.at, .end = data.at + data.len, .claims = claims};
    Node node = read_item(&reader);
    if (reader.at != reader.end) refuse("trailing");
    return node;
}

/* The value of an integer key in a map, NULL where it is not there or there is no map. */
static const Node *get(const Node *map, i64 key) {
    int type = key < 0 ? NEGATIVE : UINT;
    u64 number = key < 0 ? (u64)(-1 - key) : (u64)key;
    for (size_t i = 0; map && map->type == MAP && i < map->count; i += 2)
        if (map->items[i].type == type && map->items[i].number == number) return &map->items[i + 1];
    return NULL;
}
static Span bytes_at(const Node *map, i64 key) { return get(map, key)->bytes; }
static int null(const Node *n) { return n->type == SIMPLE && n->number == SIMPLE_NULL; }

/* ---- Statements ---- */

enum { CERTIFICATE = 1, CHANGE, PASS_LIST, LOOKUP_INDEX, KEYRING, SNAPSHOT, ERASURE, DOCUMENT };
enum { EXP = 4, IAT = 6, CTI = 7 };
static const u64 LAST_TIME = 253402300799;

typedef struct {
    Span data, kid, payload, signed_bytes, signature;
    Node claims;
    const Node *content;
    int kind;
} Statement;

static size_t bytes_head(u8 *out, size_t length) {
    int size = length < 24 ? 0 : length < 256 ? 1 : length < 65536 ? 2 : 4;
    out[0] = (u8)(0x40 | (size == 0 ? length : size == 1 ? 24 : size == 2 ? 25 : 26));
    for (int i = 0; i < size; i++) out[1 + i] = (u8)(length >> (8 * (size - 1 - i)));
    return (size_t)size + 1;
}

/* Sig_structure (RFC 9052 section 4.4): ["Signature1", protected, h'', payload]. */
static Span sig_structure(Span header, Span payload) {
    u8 *out = take(32 + header.len + payload.len);
    size_t len = 12;
    memcpy(out, "\x84\x6aSignature1", len);
    len += bytes_head(out + len, header.len);
    memcpy(out + len, header.at, header.len), len += header.len;
    out[len++] = 0x40;
    len += bytes_head(out + len, payload.len);
    memcpy(out + len, payload.at, payload.len), len += payload.len;
    return (Span){out, len};
}

static const char *const NONE = "not_a_statement";

/* The outer layer alone: who is said to have signed which bytes. */
static Statement read_envelope(Span data) {
    Statement source = {.data = data};
    Node outer = decode(data, 0), *part = outer.items;
    if (outer.type != ARRAY || outer.count != 4) refuse(NONE);
    if (part[0].type != BYTES || part[1].type != MAP || part[1].count || part[2].type != BYTES ||
        part[3].type != BYTES || part[3].bytes.len != 64) refuse(NONE);
    Node header = decode(part[0].bytes, 0);
    const Node *algorithm = get(&header, 1), *kid = get(&header, 4);
    if (algorithm && algorithm->type <= NEGATIVE && !(algorithm->type == NEGATIVE && algorithm->number == 18))
        refuse("newer_format");
    if (!algorithm || algorithm->type != NEGATIVE || !kid || header.count != 4 || kid->type != BYTES ||
        kid->bytes.len != 4) refuse(NONE);
    source.kid = kid->bytes, source.signature = part[3].bytes, source.payload = part[2].bytes;
    source.signed_bytes = sig_structure(part[0].bytes, part[2].bytes);
    return source;
}

static void read_claims(Statement *source) {
    source->claims = decode(source->payload, 1);
    if (source->claims.type != MAP) refuse(NONE);
    int contents = 0, unknown = 0;
    for (size_t i = 0; i < source->claims.count; i += 2) {
        const Node *key = &source->claims.items[i], *value = key + 1;
        if (key->type == UINT && (key->number == EXP || key->number == IAT)) {
            if (value->type > NEGATIVE || (value->type == UINT && value->number > LAST_TIME)) refuse(NONE);
        } else if (key->type == NEGATIVE && key->number >= 65536) { /* -65537 and below */
            contents++;
            if (key->number > 65535 + DOCUMENT) unknown = 1;
            else source->kind = (int)(key->number - 65535), source->content = value;
        } else if (key->type != UINT || key->number != CTI) refuse(NONE);
    }
    if (unknown) refuse("newer_format");
    if (contents != 1 || source->content->type != MAP) refuse(NONE);
}

/* ---- Contents: each kind's shape, as statements.cddl has it ----

   u an integer, + one from 1, @ a time; bN so many bytes, b any; t a text, c a programme's code, T a term, e an exam,
   n a number, d a date, <a|b> one of these words; N names, S a snapshot's map; [x] an array, [+x] of at least one,
   (xy) of just these; {1x ?2y} a map with these keys, of which 2 may be missing, {1x *} with room for keys 16 to 23;
   ~x may be null. */
static const char *const SHAPES[] = {"",
    "{1t 2t 3c 4T ?6d *}",
    "{1(nb16) 2<suspended|reinstated|revoked|replaced> 3@ 4<registration_error|misconduct|false_materials|holder_request"
        "|reissued|investigation|key_compromise|other> ?5(nb16) ?6t *}",
    "{1e 2c 3<notice|final> 4+ 5~@ 6t 7~@ 8[(utt~b16)] 9{1N 2d 3~d} *}",
    "{1e 2+ 3b4 4[(nb32)] *}",
    "{1u 2@ 3[+{1b4 2b32 3<root|certificate|status|credential|log> 4[c] 5@ 6~@ 7<active|retired|compromised> 8~u}]"
        "4[+{1t 2N}] 5[+{1c 2N 3N 4~t 5(uu) 6~u 7<default|own> 8[+t]}] 6~b32 7[+t] *}",
    "{1@ 2u 3S *}",
    "{1[+b32] 2[+n] 3t *}",
    "{1t 2t 3b *}"};
static const char *const STANDING = "<suspended|revoked|replaced|withdrawn>";

static int digit(int32_t c) { return c >= '0' && c <= '9'; }
static int upper(u8 c) { return c >= 'A' && c <= 'Z'; }

/* Whether a whole text fits a regular expression (POSIX, extended). */
static int fits(Span text, const char *form, int flags) {
    regex_t compiled;
    char *copy = take(text.len + 1);
    memcpy(copy, text.at, text.len);
    if (regcomp(&compiled, form, REG_EXTENDED | REG_NOSUB | flags)) abort();
    int found = strlen(copy) == text.len && !regexec(&compiled, copy, 0, NULL, 0);
    regfree(&compiled);
    return found;
}
#define CODE "[A-Z][0-9A-Z]{1,7}"
#define TERM "[0-9]{4}-[0-9]{2}(-[0-9A-Z]{1,3})?"
#define NUMBER "^[0-9A-Z]{4,32}$"
static const char *form_of(char what) {
    return what == 'c' ? "^" CODE "$" : what == 'T' ? "^" TERM "$" : what == 'e' ? "^" CODE "-" TERM "$" :
           what == 'n' ? NUMBER : "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
}

/* Holds an item against the shape that begins here, and gives what stands behind it; with no item only that. */
static const char *shape(const char *at, const Node *n) {
    static const char TYPES[] = "u0+0@0b2t3c3T3e3n3d3<3N5S5[4(4{5";
    const Node *value;
    size_t i = 0;
    u32 known = 0;
    if (*at == '~' && at++ && n && null(n)) n = NULL;
    char what = *at++;
    if (n && n->type != strchr(TYPES, what)[1] - '0') malformed();
    Span s = n ? n->bytes : (Span){NULL, 0};
    int good = 1, least;
    char words[128];
    switch (what) {
    case '+': good = !n || n->number >= 1; break;
    case '@': good = !n || n->number <= LAST_TIME; break;
    case 'b':
        if (digit(*at)) good = (size_t)strtol(at, (char **)&at, 10) == s.len || !n;
        break;
    case 'c': case 'T': case 'e': case 'n': case 'd': good = !n || fits(s, form_of(what), 0); break;
    case '<':
        snprintf(words, sizeof words, "^(%.*s)$", (int)strcspn(at, ">"), at);
        at += strcspn(at, ">") + 1, good = !n || fits(s, words, 0);
        break;
    case 'N': /* {"zh": tstr, ? "en": tstr}, in bytewise order of the keys */
        if (!n) break;
        good = (n->count == 2 || (n->count == 4 && is(n->items[0].bytes, "en"))) && is(n->items[n->count - 2].bytes, "zh");
        for (i = 1; i < n->count; i += 2) shape("t", &n->items[i]);
        break;
    case 'S':
        for (; n && i < n->count; i += 2) shape("b8", &n->items[i]), shape(STANDING, &n->items[i + 1]);
        break;
    case '[':
        least = *at == '+' && (at[1] == '{' || at[1] == 'b' || at[1] == 'n' || at[1] == 't');
        at += least;
        for (good = !n || n->count >= (size_t)least; n && i < n->count; i++) shape(at, &n->items[i]);
        at = shape(at, NULL) + 1;
        break;
    case '(':
        for (; *at != ')'; i++) {
            if (n && i >= n->count) malformed();
            at = shape(at, n ? &n->items[i] : NULL);
        }
        at++, good = !n || n->count == i;
        break;
    case '{':
        for (; *at != '}' && *at != '*'; at += *at == ' ') {
            int optional = *at == '?', key = (int)strtol(at + optional, (char **)&at, 10);
            known |= 1u << key;
            value = n ? get(n, key) : NULL;
            if (n && !value && !optional) malformed();
            at = shape(at, value);
        }
        if (*at == '*') known |= 0xff0000, at++;
        for (; n && i < n->count; i += 2)
            if (n->items[i].type != UINT || n->items[i].number > 31 || !(known >> n->items[i].number & 1)) malformed();
        at++;
    }
    if (!good) malformed();
    return at;
}

/* A text of so many code points, none of them Cc or Cf. */
static void shown(Span text, size_t least, size_t most) {
    size_t count = 0;
    for (const u8 *at = text.at, *end = at + text.len; at < end; count++)
        if (within(code_point(&at, end), CONTROL)) malformed();
    if (count < least || count > most) malformed();
}

/* When a day begins in China; malformed for a date that no calendar has. */
static i64 china_midnight(Span date) {
    struct tm day = {0}, again;
    char text[11] = {0};
    memcpy(text, date.at, 10);
    day.tm_year = atoi(text) - 1900, day.tm_mon = atoi(text + 5) - 1, day.tm_mday = atoi(text + 8);
    again = day;
    timegm(&again);
    if (day.tm_year < 1 - 1900 || again.tm_mon != day.tm_mon || again.tm_mday != day.tm_mday) malformed();
    setenv("TZ", "Asia/Shanghai", 1), tzset();
    day.tm_isdst = -1;
    return (i64)mktime(&day);
}
static i64 issued_at(const Statement *source) { return (i64)get(&source->claims, IAT)->number; }
static i64 begins_at(const Statement *source) {
    const Node *date = get(source->content, 6);
    return date ? china_midnight(date->bytes) : issued_at(source);
}

static void check_certificate(const Statement *source) {
    const Node *exp = get(&source->claims, EXP), *number = get(&source->claims, CTI);
    shown(bytes_at(source->content, 1), 1, 50);
    shown(bytes_at(source->content, 2), get(source->content, 6) ? 0 : 1, 4);
    if (!number || number->type != BYTES || !fits(number->bytes, NUMBER, 0)) malformed();
    if (exp) shape("@", exp);
    i64 begin = begins_at(source);
    if (begin > issued_at(source)) malformed();
    if (exp && (i64)exp->number <= begin) refuse("expires_before_issue");
}

static void check_list(const Node *content) {
    Span exam = bytes_at(content, 1), code = bytes_at(content, 2);
    if (exam.len <= code.len || memcmp(exam.at, code.at, code.len) || exam.at[code.len] != '-') malformed();
    const Node *rows = get(content, 8);
    for (size_t i = 0; i < rows->count; i++)
        if (null(&rows->items[i].items[3]) != is(bytes_at(content, 3), "notice")) malformed();
}

/* ---- Keys and keyrings ---- */

enum { KEY_KID = 1, KEY_PUBLIC, KEY_USE, KEY_PROGRAMMES, KEY_FROM, KEY_UNTIL, KEY_STATE, KEY_BELOW };

static int verifies(Span key, Span message, Span signature) {
    return signature.len == 64 && !crypto_sign_verify_detached(signature.at, message.at, message.len, key.at);
}

/* Whether 32 bytes are the canonical encoding of a point of the curve that is not of small order (RFC 8032, 5.1.3). */
static int is_sound(const u8 *key) {
    u8 point[32];
    static const u8 neutral[32] = {1};
    int below = key[0] < 0xed || (key[31] & 0x7f) != 0x7f; /* p is ed ff … ff 7f */
    for (int i = 1; i < 31; i++) below |= key[i] != 0xff;
    memcpy(point, key, 32);
    for (int i = 0; below && i < 3; i++)
        if (crypto_core_ed25519_add(point, point, point)) return 0;
    return below && memcmp(point, neutral, 32);
}

/* RFC 9679: SHA-256 of the CBOR map {1: 1, -1: 6, -2: key}. */
static void thumbprint(u8 out[32], Span key) {
    u8 cose[40] = {0xa3, 1, 1, 0x20, 6, 0x21, 0x58, 32};
    memcpy(cose + 8, key.at, 32);
    sha256(out, (Span){cose, 40});
}
static int has(const Node *key, int field, const char *word) { return is(bytes_at(key, field), word); }

/* The element of an array of maps whose field has these bytes. */
static const Node *among(const Node *array, int field, Span bytes) {
    for (size_t i = 0; i < array->count; i++)
        if (same(bytes_at(&array->items[i], field), bytes)) return &array->items[i];
    return NULL;
}
static void no_two(const Node *array, int field) {
    for (size_t i = 0; i < array->count; i++)
        if (among(array, field, bytes_at(&array->items[i], field)) != &array->items[i]) malformed();
}

static void check_keyring(const Node *content) {
    const Node *keys = get(content, 3), *issuers = get(content, 4), *programmes = get(content, 5);
    u8 print[32];
    for (size_t i = 0; i < keys->count; i++) {
        const Node *key = &keys->items[i];
        if (!is_sound(bytes_at(key, KEY_PUBLIC).at)) refuse("unsound_key");
        thumbprint(print, bytes_at(key, KEY_PUBLIC));
        if (memcmp(print, bytes_at(key, KEY_KID).at, 4)) refuse("wrong_kid");
        if (!null(get(key, KEY_BELOW)) && !has(key, KEY_STATE, "compromised")) malformed();
    }
    no_two(keys, KEY_PUBLIC), no_two(issuers, 1), no_two(programmes, 1);
    for (size_t i = 0; i < programmes->count; i++) {
        const Node *of = get(&programmes->items[i], 8);
        for (size_t j = 0; j < of->count; j++) if (!among(issuers, 1, of->items[j].bytes)) malformed();
    }
}

/* That a statement's content is in order, whatever its kind. */
static void check_content(const Statement *source) {
    shape(SHAPES[source->kind], source->content);
    for (size_t i = 0; i < source->claims.count; i += 2) {
        const Node *key = &source->claims.items[i];
        if (key->type == UINT && key->number != IAT && source->kind != CERTIFICATE) malformed();
    }
    if (!get(&source->claims, IAT)) malformed();
    shape("@", get(&source->claims, IAT));
    if (source->kind == CERTIFICATE) check_certificate(source);
    if (source->kind == PASS_LIST) check_list(source->content);
    if (source->kind == KEYRING) check_keyring(source->content);
}

typedef struct { const Node *keyring; u64 version; i64 issued_at; Span newest, origin; } Chain;
static const Node *keys_of(const Chain *chain) { return get(chain->keyring, 3); }

static int state_of(const Node *key) { return has(key, KEY_STATE, "active") ? 0 : has(key, KEY_STATE, "retired") ? 1 : 2; }

/* Entries are only added; of a key only its end, its state (onwards) and, once, its log size change. */
static void check_kept(const Node *old, const Node *now) {
    for (int field = 4; field <= 7; field++) { /* issuers, programmes, hosts: each as it was */
        const Node *was = get(old, field), *is_now = get(now, field);
        for (size_t i = 0, j; field != 6 && i < was->count; i++) {
            for (j = 0; j < is_now->count && !same(was->items[i].raw, is_now->items[j].raw);) j++;
            if (j == is_now->count) refuse("altered");
        }
    }
    const Node *keys = get(old, 3);
    for (size_t i = 0; i < keys->count; i++) {
        const Node *was = &keys->items[i], *key = among(get(now, 3), KEY_PUBLIC, bytes_at(was, KEY_PUBLIC));
        for (int field = KEY_KID; field <= KEY_FROM; field++)
            if (!key || !same(get(was, field)->raw, get(key, field)->raw)) refuse("altered");
        const Node *below = get(was, KEY_BELOW);
        if (state_of(key) < state_of(was) || (!null(below) && !same(below->raw, get(key, KEY_BELOW)->raw)))
            refuse("altered");
    }
}

/* The next version of the chain; the first is signed by the root of the pinned thumbprint. */
static void extend(Chain *chain, Span data, Span root) {
    Statement *source = take(sizeof *source);
    u8 digest[32];
    int found = 0, first = !chain->keyring;
    *source = read_envelope(data);
    read_claims(source);
    if (source->kind != KEYRING) malformed();
    check_content(source);
    const Node *previous = get(source->content, 6), *keys = first ? get(source->content, 3) : keys_of(chain);
    u64 version = get(source->content, 1)->number;
    if (!first && same(data, chain->newest)) return;
    if (first ? version != 1 || !null(previous) : version != chain->version + 1) refuse("wrong_version");
    if (!first) sha256(digest, chain->newest);
    if (!first && (null(previous) || memcmp(digest, previous->bytes.at, 32))) refuse("wrong_predecessor");
    for (size_t i = 0; i < keys->count && !found; i++) {
        const Node *key = &keys->items[i];
        thumbprint(digest, bytes_at(key, KEY_PUBLIC));
        int may = first ? !memcmp(digest, root.at, 32) : !state_of(key) && same(bytes_at(key, KEY_KID), source->kid);
        found = may && has(key, KEY_USE, "root") &&
                verifies(bytes_at(key, KEY_PUBLIC), source->signed_bytes, source->signature);
    }
    if (!found) refuse(first ? "wrong_root" : "not_signed_by_root");
    if (!first) check_kept(chain->keyring, source->content);
    else { /* the log's name, for ever: the last host of version 1, in lower case, and /log */
        const Node *hosts = get(source->content, 7);
        Span host = hosts->items[hosts->count - 1].bytes;
        u8 *origin = take(host.len + 4);
        for (size_t i = 0; i < host.len; i++) origin[i] = (u8)(host.at[i] | (upper(host.at[i]) ? 0x20 : 0));
        memcpy(origin + host.len, "/log", 4), chain->origin = (Span){origin, host.len + 4};
    }
    chain->keyring = source->content, chain->version = version, chain->newest = data;
    chain->issued_at = issued_at(source);
}

/* ---- Who signed, and may they? ---- */

static const Node *signer(const Statement *source, const Chain *chain) {
    int named = 0;
    for (size_t i = 0; i < keys_of(chain)->count; i++) {
        const Node *key = &keys_of(chain)->items[i];
        if (!same(bytes_at(key, KEY_KID), source->kid)) continue;
        if (verifies(bytes_at(key, KEY_PUBLIC), source->signed_bytes, source->signature)) return key;
        named = 1;
    }
    refuse(named ? "signature_bad" : "unknown_key");
}

static void check_use(const Statement *source, const Node *key) {
    static const char *const USES[] =
        {"", "certificate", "status", "certificate", "certificate", "root", "status", "status", "credential"};
    static const int PROGRAMME[] = {0, 3, 0, 2, 1, 0, 0, 0, 0};
    const Node *first = get(source->content, 1), *of = get(source->content, PROGRAMME[source->kind]);
    const Node *programmes = get(key, KEY_PROGRAMMES);
    int list = source->kind == DOCUMENT && first && first->type == TEXT && begins(first->bytes, "status/");
    if (!has(key, KEY_USE, list ? "status" : USES[source->kind])) refuse("key_wrong_use");
    if (source->kind == SNAPSHOT && programmes->count) refuse("key_wrong_programme");
    if (!PROGRAMME[source->kind] || !of || of->type != TEXT || !programmes->count) return;
    Span code = {of->bytes.at, source->kind == LOOKUP_INDEX ? find(of->bytes, '-') : of->bytes.len};
    for (size_t i = 0; i < programmes->count; i++) if (same(programmes->items[i].bytes, code)) return;
    refuse("key_wrong_programme");
}

/* The state in which a key's word counts; index is the statement's place in the log, -1 where that is not known. */
static void check_state(const Node *key, i64 index) {
    const Node *below = get(key, KEY_BELOW);
    if (state_of(key) == 1) refuse("key_retired");
    if (state_of(key) == 2 && (index < 0 || null(below) || (u64)index >= below->number)) refuse("key_compromised");
}

static Statement believe(Span data, const Chain *chain) {
    Statement source = read_envelope(data);
    const Node *key = signer(&source, chain);
    read_claims(&source);
    check_use(&source, key);
    check_content(&source);
    check_state(key, -1);
    return source;
}

/* ---- Snapshot ---- */

typedef struct { const Node *content; const char *refused; i64 taken_at; u64 log_size; } Snapshot;
typedef struct { i64 log_size, kept_size, kept_taken_at; } Beside; /* -1 where it is not at hand */

static Snapshot take_snapshot(Span data, const Chain *chain, const Beside *beside) {
    Statement *source = take(sizeof *source);
    *source = believe(data, chain);
    if (source->kind != SNAPSHOT) refuse("wrong_kind");
    Snapshot found = {source->content, NULL, (i64)get(source->content, 1)->number, get(source->content, 2)->number};
    if (issued_at(source) < chain->issued_at) refuse("snapshot_before_keyring");
    if (beside->log_size >= 0 && (u64)beside->log_size < found.log_size) refuse("snapshot_unproven");
    if (beside->kept_size >= 0 && (found.log_size < (u64)beside->kept_size || found.taken_at < beside->kept_taken_at))
        refuse("snapshot_rolled_back");
    return found;
}

/* ---- The log: checkpoints and receipts ---- */

enum { MOST_NOTE = 1 << 20, MOST_HASHES = 64 };
typedef struct { u64 size; u8 root[32]; } Checkpoint;

/* The line at the front, which is taken off, without its LF. */
static Span line(Span *text) {
    Span found = {text->at, find(*text, '\n')};
    *text = from(*text, found.len + 1);
    return found;
}
/* The bytes of base64 in its one canonical form; of this length where one is wanted. */
static Span base64(Span text, size_t length) {
    u8 *out = take(text.len + 1);
    size_t len = 0;
    if (sodium_base642bin(out, text.len, (const char *)text.at, text.len, NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL) ||
        (length && len != length)) refuse("not_a_note");
    return (Span){out, len};
}
static u64 decimal(Span text, const char *code) {
    u64 found = 0;
    if (!text.len || text.len > 19 || (text.at[0] == '0' && text.len > 1)) refuse(code);
    for (size_t i = 0; i < text.len; i++) digit(text.at[i]) ? (found = found * 10 + text.at[i] - '0') : (refuse(code), 0);
    return found;
}
static void check_log_key(const Node *key, u64 size) {
    const Node *below = get(key, KEY_BELOW);
    if (!has(key, KEY_USE, "log")) refuse("stranger");
    if (state_of(key) == 1) refuse("key_retired");
    if (state_of(key) == 2 && size > (null(below) ? 0 : below->number)) refuse("key_compromised");
}

static Checkpoint read_checkpoint(Span note, const Chain *chain) {
    static const char DASH[] = "\xe2\x80\x94 ";
    Checkpoint found;
    size_t gap = note.len;
    for (size_t i = 0; i < note.len; i++) if (note.at[i] < 0x20 && note.at[i] != '\n') refuse("not_a_note");
    while (gap > 1 && !(note.at[gap - 1] == '\n' && note.at[gap - 2] == '\n')) gap--;
    if (note.len > MOST_NOTE || gap < 2 || gap == note.len || note.at[note.len - 1] != '\n') refuse("not_a_note");
    Span text = {note.at, gap - 1}, rest = text, lines = from(note, gap), origin = line(&rest);
    for (Span left = lines; left.len;) { /* every line has the form of a signature */
        Span one = line(&left), name = from(one, 4);
        if (!begins(one, DASH) || !find(name, ' ') || base64(from(name, find(name, ' ') + 1), 0).len < 5) refuse("not_a_note");
    }
    for (const u8 *at = origin.at; at < origin.at + origin.len;) {
        int32_t point = code_point(&at, origin.at + origin.len);
        if (point == '+' || within(point, SPACE)) refuse("not_a_checkpoint");
    }
    if (!origin.len) refuse("not_a_checkpoint");
    found.size = decimal(line(&rest), "not_a_checkpoint");
    if (found.size > (u64)1 << 62) refuse("not_a_checkpoint");
    memcpy(found.root, base64(line(&rest), 32).at, 32);
    if (!same(origin, chain->origin)) refuse("other_log");
    for (size_t i = 0; i < keys_of(chain)->count; i++) {
        const Node *key = &keys_of(chain)->items[i];
        Span public = bytes_at(key, KEY_PUBLIC);
        u8 id[32], *named = take(origin.len + 34);
        memcpy(named, origin.at, origin.len), memcpy(named + origin.len, "\n\x01", 2);
        memcpy(named + origin.len + 2, public.at, 32), sha256(id, (Span){named, origin.len + 34});
        for (Span left = lines; left.len && has(key, KEY_USE, "log");) {
            Span name = from(line(&left), 4), said = base64(from(name, find(name, ' ') + 1), 0);
            name.len = find(name, ' ');
            if (!same(name, origin) || memcmp(said.at, id, 4)) continue;
            if (!verifies(public, text, from(said, 4))) refuse("signature_bad");
            return check_log_key(key, found.size), found;
        }
    }
    refuse("stranger");
}

static void node_hash(u8 out[32], const u8 *left, const u8 *right) {
    u8 both[65] = {1};
    memcpy(both + 1, left, 32), memcpy(both + 33, right, 32);
    sha256(out, (Span){both, 65});
}

/* The root of a tree that has this entry at this index (RFC 9162 section 2.1.3.2). */
static void root_of(u8 root[32], u64 index, u64 size, Span entry, const Span *path, size_t count) {
    u8 leaf[34] = {0};
    if (index >= size) refuse("beyond_tree");
    if (count > MOST_HASHES) refuse("proof_length");
    memcpy(leaf + 1, entry.at, 33), sha256(root, (Span){leaf, 34});
    u64 place = index, last = size - 1;
    for (size_t i = 0; i < count; i++, place >>= 1, last >>= 1) {
        if (!last || path[i].len != 32) refuse("proof_length");
        if (place & 1 || place == last) {
            node_hash(root, path[i].at, root);
            while (!(place & 1) && place) place >>= 1, last >>= 1;
        } else node_hash(root, root, path[i].at);
    }
    if (last) refuse("proof_length");
}

/* The index at which a C2SP tlog-proof shows this entry. */
static i64 tlog_proof(Span text, Span entry, const Chain *chain) {
    static const char *const NOT = "not_a_proof";
    Span path[MOST_HASHES], rest = text, one;
    size_t count = 0;
    u8 root[32];
    if (text.len > MOST_NOTE || !is(line(&rest), "c2sp.org/tlog-proof@v1")) refuse(NOT);
    if (begins(one = line(&rest), "extra ")) one = line(&rest);
    if (!begins(one, "index ")) refuse(NOT);
    u64 index = decimal(from(one, 6), NOT);
    while ((one = line(&rest)).len) {
        if (count == MOST_HASHES) refuse("proof_length");
        path[count++] = base64(one, 32);
    }
    if (!rest.len) refuse(NOT);
    Checkpoint checkpoint = read_checkpoint(rest, chain);
    root_of(root, index, checkpoint.size, entry, path, count);
    if (memcmp(root, checkpoint.root, 32)) refuse("other_entry");
    return (i64)index;
}

/* The index at which a COSE Receipt (RFC 9942) shows this entry. Its encoding is the one that there is, so that its
   heads can be compared as bytes; a refusal with none of these codes is not_a_receipt. */
static const char LOG_CODES[] = "beyond_tree proof_length other_entry stranger key_retired key_compromised";
static i64 cose_receipt(Span data, Span entry, const Chain *chain) {
    static const u8 HEAD[] = {0xa3, 1, 0x32, 4, 0x44}, TREE[] = {0x19, 1, 0x8b, 1}, PROOFS[] = {0xa1, 0x19, 1, 0x8c, 0xa1, 0x20, 0x81};
    if (!begins(data, "\xd2")) malformed();
    Node outer = decode(from(data, 1), 0), *part = outer.items;
    if (outer.type != ARRAY || outer.count != 4 || part[0].type != BYTES || !null(&part[2]) || part[3].type != BYTES) malformed();
    Span header = part[0].bytes, kid = {header.at + sizeof HEAD, 4};
    if (header.len != 13 || memcmp(header.at, HEAD, sizeof HEAD) || memcmp(header.at + 9, TREE, sizeof TREE)) malformed();
    if (part[1].raw.len < sizeof PROOFS || memcmp(part[1].raw.at, PROOFS, sizeof PROOFS)) malformed();
    const Node *inclusion = part[1].items[1].items[1].items;
    shape("b", inclusion);
    Node proof = decode(inclusion->bytes, 0);
    shape("(uu[b])", &proof);
    Span *path = take(proof.items[2].count * sizeof *path);
    for (size_t i = 0; i < proof.items[2].count; i++) path[i] = proof.items[2].items[i].bytes;
    u8 root[32];
    u64 size = proof.items[0].number, index = proof.items[1].number;
    root_of(root, index, size, entry, path, proof.items[2].count);
    Span message = sig_structure(header, (Span){root, 32});
    const char *doubt = "stranger";
    for (size_t i = 0; i < keys_of(chain)->count; i++) {
        const Node *key = &keys_of(chain)->items[i];
        if (!same(bytes_at(key, KEY_KID), kid) || !has(key, KEY_USE, "log")) continue;
        check_log_key(key, size);
        if (verifies(bytes_at(key, KEY_PUBLIC), message, part[3].bytes)) return (i64)index;
        doubt = "other_entry";
    }
    refuse(doubt);
}

/* ---- The QR text ---- */

static const u32 UNSEEN[][2] = {
    {0xad, 0xad}, {0x180e, 0x180e}, {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x2064}, {0x2066, 0x206f}, {0xfe0e, 0xfe0f}, {0xfeff, 0xfeff}, {0, 0}};
enum { MOST_TEXT = 10000, MOST_DIGITS = 2000 };
#define ADDRESS "^https?://(https?:?//)?[^/?# ]+/q/"

/* The digits of a text that has the form of a certificate's code; else NULL, and whether it begins as one. */
static char *read_text(Span text, int *ours) {
    char *plain = take(text.len + 1), *end = plain, *digits; /* white space as ' ', and what is not ASCII as a 1 */
    size_t characters = 0;
    for (const u8 *at = text.at, *stop = at + text.len; at < stop; characters++) {
        int32_t point = code_point(&at, stop);
        int space = within(point, SPACE);
        if (!within(point, UNSEEN) && (!space || end > plain)) *end++ = space ? ' ' : point > 0 && point < 0x80 ? (char)point : 1;
    }
    while (end > plain && end[-1] == ' ') end--;
    if (characters > MOST_TEXT) end = plain;
    *end = 0;
    Span whole = {(u8 *)plain, (size_t)(end - plain)};
    int addressed = fits(whole, ADDRESS, REG_ICASE);
    *ours = addressed || fits(whole, "^[0-9]{100}", 0);
    digits = addressed ? strcasestr(plain, "/q/") + 3 : plain;
    size_t count = strspn(digits, "0123456789");
    whole = from(whole, (size_t)(digits - plain));
    if (count > MOST_DIGITS || !fits(whole, "^[1-9][0-9]*/?([?][^# ]*)?(&[^=&# ]+=[^&# ]*)*(#[^ ]*)?$", 0)) return NULL;
    return digits[count] = 0, digits;
}

/* The bytes of a decimal number, most significant first. */
static Span from_digits(const char *digits) {
    size_t size = strlen(digits) / 2 + 1, len = 0;
    u8 *bytes = take(size);
    for (; *digits; digits++) {
        unsigned carry = (unsigned)(*digits - '0');
        for (size_t i = 0; i < len || carry; i++) {
            carry += bytes[size - 1 - i] * 10u;
            bytes[size - 1 - i] = (u8)carry, carry >>= 8;
            if (i >= len) len = i + 1;
        }
    }
    return (Span){bytes + size - len, len};
}

/* ---- The verdict ---- */

static const char *const STEPS[] =
    {"text", "encoding", "key", "signature", "authority", "claims", "register", "status", "log"};

typedef struct { Chain chain; Snapshot snapshot; Beside beside; Span receipt, cose; i64 clock, as_of; } Known;
typedef struct {
    const Known *known;
    const char *result[9], *code[9], *outcome, *status;
    Span bytes;
    Statement source;
    const Node *key, *programme;
    i64 now, as_of, index; /* of the log, by the receipt; -1 */
} Verdict;

static void note(Verdict *v, int step, const char *result, const char *code) {
    v->result[step - 1] = result, v->code[step - 1] = code;
}
static _Noreturn void fail(Verdict *v, int step, const char *code, const char *outcome) {
    note(v, step, "fail", code), v->outcome = outcome;
    refuse(code);
}

/* Runs what may refuse; the code of its refusal, or NULL. */
static const char *attempt(void (*run)(Verdict *), Verdict *v) {
    jmp_buf here, *outer = guard;
    guard = &here;
    if (setjmp(here)) return guard = outer, refusal;
    run(v);
    return guard = outer, NULL;
}
static void do_read(Verdict *v) { v->source = read_envelope(v->bytes), read_claims(&v->source); }
static void do_signer(Verdict *v) { v->key = signer(&v->source, &v->known->chain); }
static void do_authority(Verdict *v) { check_use(&v->source, v->key), check_state(v->key, v->index); }
static void do_content(Verdict *v) { check_content(&v->source); }
static void do_receipt(Verdict *v) { /* of the entry in v->bytes */
    const Known *known = v->known;
    v->index = known->cose.at ? cose_receipt(known->cose, v->bytes, &known->chain) : tlog_proof(known->receipt, v->bytes, &known->chain);
}

/* The log's entry of a statement: its kind, and its digest. */
static Span entry_of(const Statement *source) {
    u8 *entry = take(33);
    entry[0] = (u8)source->kind, sha256(entry + 1, source->data);
    return (Span){entry, 33};
}

/* Whether a number of the default scheme has the wrong check character (ISO 7064 MOD 37,36). */
static int slip(Span number, const Node *programmes) {
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (size_t i = 0; i < programmes->count; i++) {
        Span code = bytes_at(&programmes->items[i], 1);
        size_t digits = code.len;
        int product = 36;
        if (!has(&programmes->items[i], 7, "default") || number.len != code.len + 11) continue;
        if (memcmp(number.at, code.at, code.len)) continue;
        while (digits < number.len - 1 && digit(number.at[digits])) digits++;
        if (digits < number.len - 1) continue;
        for (size_t j = 0; j < number.len - 1; j++) {
            int sum = (product + (int)(strchr(alphabet, number.at[j]) - alphabet)) % 36;
            product = (sum ? sum : 36) * 2 % 37;
        }
        if (alphabet[(37 - product) % 36] != number.at[number.len - 1]) return 1;
    }
    return 0;
}

/* Step 8's code, and the state that it comes to, NULL where nothing is known. */
static const char *by_snapshot(const Verdict *v, const char **state) {
    static char code[32] = "status_";
    const Snapshot *snapshot = &v->known->snapshot;
    const Node *entries = get(snapshot->content, 3), *exp = get(&v->source.claims, EXP);
    Span entry = entry_of(&v->source);
    for (size_t i = 0; entries && i < entries->count; i += 2)
        if (!memcmp(entries->items[i].bytes.at, entry.at + 1, 8)) {
            Span word = entries->items[i + 1].bytes;
            memcpy(code + 7, word.at, word.len), code[7 + word.len] = 0;
            return *state = code + 7, code;
        }
    if (begins_at(&v->source) > v->as_of + 300) return *state = "not_yet_valid", "status_not_yet_valid";
    if (exp && v->as_of >= (i64)exp->number) return *state = "expired", "status_expired";
    *state = NULL;
    if (!snapshot->content && !snapshot->refused) return "register_not_asked";
    if (!snapshot->content) return strncmp(snapshot->refused, "snapshot_", 9) ? "snapshot_refused" : snapshot->refused;
    if (issued_at(&v->source) > snapshot->taken_at) return "issued_after_snapshot";
    return *state = "valid", "status_by_snapshot";
}

static void steps(Verdict *v) {
    const Node *keyring = v->known->chain.keyring, *programmes = get(keyring, 5);
    const char *code, *state, *unproved = v->known->receipt.at || v->known->cose.at ? "receipt_bad" : "no_receipt";
    int ours;
    char *digits = read_text(v->bytes, &ours);
    if (!digits) fail(v, 1, ours ? "altered" : "not_a_qr_text", "unreadable");
    note(v, 1, "pass", "text_read");
    v->bytes = from_digits(digits);
    if ((code = attempt(do_read, v))) fail(v, 2, code, "unreadable");
    note(v, 2, "pass", "decoded");
    code = attempt(do_signer, v);
    if (code && !strcmp(code, "unknown_key")) fail(v, 3, code, "unknown_key");
    note(v, 3, "pass", v->now > (i64)get(keyring, 2)->number ? "keyring_expired" : "key_found");
    if (code) fail(v, 4, code, "forged");
    note(v, 4, "pass", "signature_ok");
    v->bytes = entry_of(&v->source);
    if (v->known->receipt.at || v->known->cose.at) attempt(do_receipt, v);
    code = attempt(do_authority, v);
    if (code && strcmp(code, "key_retired")) fail(v, 5, code, "key_not_trusted");
    note(v, 5, code ? "not_done" : "pass", code ? code : "key_trusted");
    if (v->source.kind != CERTIFICATE) fail(v, 6, "not_a_certificate", "malformed");
    if ((code = attempt(do_content, v))) fail(v, 6, code, "malformed");
    if (slip(bytes_at(&v->source.claims, CTI), programmes)) fail(v, 6, "number_check", "malformed");
    v->programme = among(programmes, 1, bytes_at(v->source.content, 3));
    if (!v->programme) fail(v, 6, "unknown_programme", "malformed");
    note(v, 6, "pass", "claims_ok");
    note(v, 7, "not_done", "register_not_asked");
    code = by_snapshot(v, &state);
    v->status = state;
    if (state && strcmp(state, "valid")) fail(v, 8, code, state);
    note(v, 8, state ? "pass" : "not_done", code);
    note(v, 9, v->index < 0 ? "not_done" : "pass", v->index < 0 ? unproved : "logged");
}

/* ---- As JSON ---- */

#define LONG(number) ((unsigned long long)(number))
static const char *moment(i64 seconds) {
    char *text = take(32);
    time_t at = (time_t)seconds;
    return strftime(text, 32, "\"%Y-%m-%dT%H:%M:%SZ\"", gmtime(&at)), text;
}
static const char *text_of(const Node *node) { /* or null */
    if (!node || (node->type != TEXT && node->type != BYTES)) return "null";
    char *text = take(node->bytes.len * 6 + 3), *at = text;
    *at++ = '"';
    for (size_t i = 0; i < node->bytes.len; i++) {
        u8 c = node->bytes.at[i];
        if (c < 0x20 || c == '"' || c == '\\') at += sprintf(at, "\\u%04x", c);
        else *at++ = (char)c;
    }
    return *at = '"', text;
}
static void print_names(const char *before, const Node *names) {
    printf("%s{\"zh\":%s,\"en\":%s}", before, text_of(&names->items[names->count - 1]),
           text_of(names->count == 4 ? names->items + 1 : NULL));
}

static void print_certificate(const Verdict *v) {
    const Node *c = v->source.content, *exp = get(&v->source.claims, EXP), *of = get(v->programme, 8);
    printf("{\"number\":%s,\"holder\":%s,", text_of(get(&v->source.claims, CTI)), text_of(get(c, 1)));
    printf("\"id_hint\":%s,\"programme\":{\"code\":%s,", text_of(get(c, 2)), text_of(get(c, 3)));
    print_names("\"name\":", get(v->programme, 2)), print_names(",\"level\":", get(v->programme, 3));
    printf(",\"occupation\":%s},\"exam\":{\"code\":\"%.*s-%.*s\",\"title\":null,\"held_on\":null},\"issuers\":",
           text_of(get(v->programme, 4)), (int)bytes_at(c, 3).len, (const char *)bytes_at(c, 3).at,
           (int)bytes_at(c, 4).len, (const char *)bytes_at(c, 4).at);
    for (size_t i = 0; i < of->count; i++)
        print_names(i ? "," : "[", get(among(get(v->known->chain.keyring, 4), 1, of->items[i].bytes), 2));
    printf("],\"issued_at\":%s,", moment(begins_at(&v->source)));
    if (get(c, 6)) printf("\"registered_at\":%s,", moment(issued_at(&v->source)));
    printf("\"expires_at\":%s,\"status\":", exp ? moment((i64)exp->number) : "null");
    printf(v->status ? "\"%s\"" : "null", v->status);
    printf(",\"status_since\":null,\"reason\":null,\"replaced_by\":null}");
}

static int judge(Span text, const Known *known) {
    Verdict v = {.known = known, .bytes = text, .outcome = "valid", .index = -1};
    const Snapshot *snapshot = &known->snapshot;
    i64 newest = known->chain.issued_at > snapshot->taken_at ? known->chain.issued_at : snapshot->taken_at;
    v.now = known->clock > newest ? known->clock : newest;
    v.as_of = known->as_of >= 0 ? known->as_of : v.now;
    if (snapshot->content && v.as_of < snapshot->taken_at) return puts("{\"refused\":\"as_of_before_snapshot\"}"), 0;
    (void)attempt(steps, &v);
    printf("{\"outcome\":\"%s\",\"status_now\":null,\"checked_at\":%s,", v.outcome, moment(v.now));
    printf("\"as_of\":%s,\"checks\":", moment(v.as_of));
    for (int i = 0; i < 9; i++)
        printf("%s{\"step\":%d,\"check\":\"%s\",\"result\":\"%s\",\"code\":\"%s\"}", i ? "," : "[", i + 1, STEPS[i],
               v.result[i] ? v.result[i] : "not_done", v.code[i] ? v.code[i] : "not_reached");
    printf("],\"snapshot\":");
    if (snapshot->content) printf("{\"taken_at\":%s,\"log_size\":%llu}", moment(snapshot->taken_at), LONG(snapshot->log_size));
    else printf("null");
    printf(",\"certificate\":");
    if (v.code[5] && !strcmp(v.code[5], "claims_ok")) print_certificate(&v);
    else printf("null");
    puts("}");
    return strcmp(v.outcome, "valid") != 0;
}

/* ---- The command ---- */

/* Hexadecimal, or what stands in the file behind an @. */
static Span bytes_of(const char *text) {
    size_t room = *text == '@' ? 1 << 20 : strlen(text) / 2 + 1, len = 0, got;
    u8 *bytes = take(room);
    if (*text != '@') {
        if (!sodium_hex2bin(bytes, room, text, strlen(text), NULL, &len, NULL)) return (Span){bytes, len};
        fprintf(stderr, "not hexadecimal: %s\n", text), exit(2);
    }
    FILE *file = fopen(text + 1, "rb");
    if (!file) perror(text + 1), exit(2);
    while ((got = fread(bytes + len, 1, room - len, file)) > 0)
        if ((len += got) == room && !(bytes = realloc(bytes, room *= 2))) exit(2);
    return fclose(file), (Span){bytes, len};
}

static Known known; /* what the words so far have said */
static Span root;
static const char *refused;

static void do_follow(Verdict *v) {
    Reader reader = {.at = v->bytes.at, .end = v->bytes.at + v->bytes.len};
    do extend(&known.chain, read_item(&reader).raw, root); while (reader.at < reader.end);
}
static void do_take(Verdict *v) { known.snapshot = take_snapshot(v->bytes, &known.chain, &known.beside); }
static void do_believe(Verdict *v) { v->source = believe(v->bytes, &known.chain); }
static void do_checkpoint(Verdict *v) { (void)read_checkpoint(v->bytes, &known.chain); }

/* A line that says why something is refused, or what it says. */
static int answer(const char *code, const char *form, i64 one, i64 two) {
    printf(code ? "{\"code\":\"%s\"" : "{\"code\":null", code);
    if (!code) printf(form, LONG(one), LONG(two));
    return puts("}"), code != NULL;
}

static int obey(const char *word, const char *value) {
    const struct { const char *name; i64 *number; } NUMBERS[] = {{"--clock", &known.clock}, {"--as-of", &known.as_of},
        {"--log-size", &known.beside.log_size}, {"--kept-size", &known.beside.kept_size},
        {"--kept-taken-at", &known.beside.kept_taken_at}};
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++)
        if (!strcmp(word, NUMBERS[i].name)) return *NUMBERS[i].number = atoll(value), 0;
    Span bytes = strcmp(word, "--text") ? bytes_of(value) : (Span){(const u8 *)value, strlen(value)};
    Verdict asked = {.bytes = bytes, .known = &known};
    const char *code;
    int ours;
    if (!strcmp(word, "--root")) {
        if (bytes.len != 32) return fputs("--root wants 64 hexadecimal digits\n", stderr), 2;
        root = bytes, refused = NULL;
        return known = (Known){.clock = (i64)time(NULL), .as_of = -1, .beside = {-1, -1, -1}}, 0;
    }
    if (!strcmp(word, "--read")) {
        char *digits = read_text(bytes, &ours);
        if (digits) printf("{\"digits\":\"%s\",\"ours\":%s}\n", digits, ours ? "true" : "false");
        else printf("{\"digits\":null,\"begins\":%s}\n", ours ? "true" : "false");
        return 0;
    }
    if (!root.at) return fputs("first --root\n", stderr), 2;
    if (!strcmp(word, "--keyring")) {
        refused = attempt(do_follow, &asked);
        return answer(refused, ",\"version\":%llu", (i64)known.chain.version, 0) * 2;
    }
    if (refused || !known.chain.keyring) return fputs("no keyring that is believed\n", stderr), 2;
    if (!strcmp(word, "--snapshot")) {
        if ((code = attempt(do_take, &asked))) known.snapshot = (Snapshot){.refused = code};
        return answer(code, ",\"taken_at\":%llu,\"log_size\":%llu", known.snapshot.taken_at, (i64)known.snapshot.log_size), 0;
    }
    if (!strcmp(word, "--statement")) {
        char hex[67] = "";
        if ((code = attempt(do_believe, &asked))) return answer(code, "", 0, 0);
        sodium_bin2hex(hex, sizeof hex, entry_of(&asked.source).at, 33);
        printf("{\"code\":null,\"entry\":\"%s\",\"kind\":%d}\n", hex, asked.source.kind);
        return 0;
    }
    if (!strcmp(word, "--receipt")) return known.receipt = bytes, known.cose.at = NULL, 0;
    if (!strcmp(word, "--cose")) return known.cose = bytes, 0;
    if (!strcmp(word, "--checkpoint")) return answer(attempt(do_checkpoint, &asked), "", 0, 0);
    if (!strcmp(word, "--entry") && bytes.len == 33) {
        code = attempt(do_receipt, &asked);
        if (code && known.cose.at && !strstr(LOG_CODES, code)) code = "not_a_receipt";
        return answer(code, ",\"index\":%llu", asked.index, 0);
    }
    if (!strcmp(word, "--text") || !strcmp(word, "--qr")) return judge(bytes, &known);
    return fprintf(stderr, "an unknown word: %s\n", word), 2;
}

int main(int count, char *words[]) {
    int worst = 0;
    if (sodium_init() < 0) return 2;
    if (count < 3 || count % 2 == 0) return fputs("usage: see the head of verifier.c\n", stderr), 2;
    for (int at = 1; at + 1 < count; at += 2) {
        int bad = obey(words[at], words[at + 1]);
        worst = bad > worst ? bad : worst;
    }
    return worst;
}
