/* A verifier of Yinjian certificates without a network, in one file of C with libsodium: the nine steps of docs/spec
   over a QR code's text, by a keyring whose first root is pinned, with a snapshot and a receipt where there are any.

   It shares no code with the project and was written from the specification alone, so that the two can be held against
   each other: tests/verify/core/test_c_verifier.py runs the vectors through it. It takes no receipts (docs/spec/log.md).

       cc -std=c11 -O2 -o verifier verifier.c -lsodium
       ./verifier --root HEX --keyring @FILE [--snapshot @FILE] [--as-of SECONDS] --text TEXT [--text TEXT ...]

   Words are taken in order, and bytes in hexadecimal or as @FILE; each --keyring, --snapshot and --text answers with a
   line of JSON. Also: --clock SECONDS, --log-size, --kept-size and --kept-taken-at N (docs/spec/snapshot.md), --qr and
   --read (a text in hexadecimal: judged, or its digits alone), --statement (of any kind).
   Exit: 0 all is well, 1 something is not valid, 2 wrong usage or a keyring that is not believed. */
#define _DEFAULT_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
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
static void sha256(u8 out[32], Span data) { crypto_hash_sha256(out, data.at, data.len); }

/* ---- UTF-8 ---- */

/* The code point at *at, which is moved behind it; -1 for what is not UTF-8 (RFC 3629). */
static int32_t code_point(const u8 **at, const u8 *end) {
    u8 first = *(*at)++;
    if (first < 0x80) return first;
    int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || end - *at < more) return -1;
    int32_t point = first & (0x3f >> more);
    for (int i = 0; i < more; i++) {
        if ((**at & 0xc0) != 0x80) return -1;
        point = point << 6 | (*(*at)++ & 0x3f);
    }
    static const int32_t least[] = {0x80, 0x800, 0x10000};
    return point < least[more - 1] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000) ? -1 : point;
}

static int within(u32 point, const u32 (*ranges)[2], size_t count) {
    for (size_t i = 0; i < count; i++)
        if (point >= ranges[i][0] && point <= ranges[i][1]) return 1;
    return 0;
}
#define WITHIN(point, ranges) within((u32)(point), ranges, sizeof ranges / sizeof *ranges)

/* General categories Cc and Cf. */
static const u32 CONTROL[][2] = {
    {0, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x600, 0x605}, {0x61c, 0x61c}, {0x6dd, 0x6dd}, {0x70f, 0x70f}, {0x890, 0x891},
    {0x8e2, 0x8e2}, {0x180e, 0x180e}, {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x2064}, {0x2066, 0x206f},
    {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a}, {0xe0001, 0xe0001}, {0xe0020, 0xe007f}};

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

static const int64_t ELEMENT = INT64_MIN; /* in a path: any element of an array */
typedef struct { const u8 *at, *end; int64_t path[MOST_LEVELS + 2]; int depth, checked; } Reader;

/* The maps whose keys are not integers, when ``checked``: the names, and the snapshot's own. */
static int key_type(const Reader *reader) {
    const int64_t *path = reader->path;
    if (!reader->checked) return UINT;
    if (reader->depth == 3 && path[0] == -65539 && path[1] == 9 && path[2] == 1) return TEXT;
    if (reader->depth == 4 && path[0] == -65541 && path[2] == ELEMENT &&
        ((path[1] == 4 && path[3] == 2) || (path[1] == 5 && (path[3] == 2 || path[3] == 3)))) return TEXT;
    return reader->depth == 2 && path[0] == -65542 && path[1] == 3 ? BYTES : UINT;
}

static Node read_item(Reader *reader) {
    Node node = {.raw = {reader->at, 0}};
    if (reader->at >= reader->end) refuse("truncated");
    u8 initial = *reader->at++, info = initial & 31;
    node.type = initial >> 5;
    node.number = info;
    if (info >= 24) {
        static const u64 least[] = {24, 1u << 8, 1u << 16, (u64)1 << 32};
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
        int64_t *place = &reader->path[reader->depth++];
        for (size_t i = 0; i < node.count; i++) {
            Node *item = &node.items[i];
            *place = ELEMENT;
            if (map && i % 2) {
                const Node *key = item - 1;
                if (key->type <= NEGATIVE && key->number <= INT64_MAX)
                    *place = key->type == UINT ? (int64_t)key->number : -1 - (int64_t)key->number;
            }
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

static Node decode(Span data, int checked) {
    Reader reader = {.at = data.at, .end = data.at + data.len, .checked = checked};
    Node node = read_item(&reader);
    if (reader.at != reader.end) refuse("trailing");
    return node;
}

/* The value of an integer key in a map, NULL where it is not there. */
static const Node *get(const Node *map, int64_t key) {
    int type = key < 0 ? NEGATIVE : UINT;
    u64 number = key < 0 ? (u64)(-1 - key) : (u64)key;
    for (size_t i = 0; map && i < map->count; i += 2)
        if (map->items[i].type == type && map->items[i].number == number) return &map->items[i + 1];
    return NULL;
}

/* ---- Statements ---- */

enum Kind { CERTIFICATE = 1, CHANGE, PASS_LIST, LOOKUP_INDEX, KEYRING, SNAPSHOT, ERASURE, DOCUMENT };
enum { EXP = 4, IAT = 6, CTI = 7 };
static const u64 LAST_TIME = 253402300799;

typedef struct {
    Span data, kid, payload, signed_bytes, signature;
    Node claims;
    const Node *content;
    enum Kind kind;
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

static const char *const none = "not_a_statement";

/* The outer layer alone: who is said to have signed which bytes. */
static Statement read_envelope(Span data) {
    Statement source = {.data = data};
    Node outer = decode(data, 0);
    if (outer.type != ARRAY || outer.count != 4) refuse(none);
    const Node *part = outer.items;
    if (part[0].type != BYTES || part[1].type != MAP || part[1].count || part[2].type != BYTES || part[3].type != BYTES ||
        part[3].bytes.len != 64) refuse(none);
    Node header = decode(part[0].bytes, 0);
    const Node *algorithm = header.type == MAP ? get(&header, 1) : NULL, *kid = header.type == MAP ? get(&header, 4) : NULL;
    if (algorithm && algorithm->type <= NEGATIVE && !(algorithm->type == NEGATIVE && algorithm->number == 18)) refuse("newer_format");
    if (!algorithm || algorithm->type != NEGATIVE || !kid || header.count != 4 || kid->type != BYTES || kid->bytes.len != 4) refuse(none);
    source.kid = kid->bytes;
    source.signature = part[3].bytes;
    source.payload = part[2].bytes;
    source.signed_bytes = sig_structure(part[0].bytes, part[2].bytes);
    return source;
}

static void read_claims(Statement *source) {
    source->claims = decode(source->payload, 1);
    if (source->claims.type != MAP) refuse(none);
    int contents = 0, unknown = 0;
    for (size_t i = 0; i < source->claims.count; i += 2) {
        const Node *key = &source->claims.items[i], *value = key + 1;
        if (key->type == UINT && (key->number == EXP || key->number == IAT)) {
            if (value->type > NEGATIVE || (value->type == UINT && value->number > LAST_TIME)) refuse(none);
        } else if (key->type == NEGATIVE && key->number >= 65536) { /* -65537 and below */
            contents++;
            if (key->number > 65535 + DOCUMENT) unknown = 1;
            else source->kind = (enum Kind)(key->number - 65535), source->content = value;
        } else if (key->type != UINT || key->number != CTI) refuse(none);
    }
    if (unknown) refuse("newer_format");
    if (contents != 1 || source->content->type != MAP) refuse(none);
}

/* ---- Fields, by the rules of statements.cddl ---- */

typedef void Check(const Node *);
typedef struct { int key; Check *check; enum { MUST, NULLABLE, OPTIONAL } how; } Field;

static void c_uint(const Node *n) { if (!n || n->type != UINT) malformed(); }
static void c_time(const Node *n) { c_uint(n); if (n->number > LAST_TIME) malformed(); }
static void c_text(const Node *n) { if (!n || n->type != TEXT) malformed(); }
static void c_octets(const Node *n) { if (!n || n->type != BYTES) malformed(); }
static void octets(const Node *n, size_t len) { c_octets(n); if (n->bytes.len != len) malformed(); }
static void c_4(const Node *n) { octets(n, 4); }
static void c_16(const Node *n) { octets(n, 16); }
static void c_32(const Node *n) { octets(n, 32); }

static int digit(u8 c) { return c >= '0' && c <= '9'; }
static int upper(u8 c) { return c >= 'A' && c <= 'Z'; }
static int alphanumeric(Span s, size_t least, size_t most) {
    for (size_t i = 0; i < s.len; i++) if (!digit(s.at[i]) && !upper(s.at[i])) return 0;
    return s.len >= least && s.len <= most;
}
static int is_code(Span s) { return s.len >= 2 && s.len <= 8 && upper(s.at[0]) && alphanumeric(s, 2, 8); }
static int is_term(Span s) {
    for (size_t i = 0; i < 7 && i < s.len; i++) if (i == 4 ? s.at[i] != '-' : !digit(s.at[i])) return 0;
    return s.len == 7 || (s.len > 8 && s.at[7] == '-' && alphanumeric((Span){s.at + 8, s.len - 8}, 1, 3));
}
static void c_code(const Node *n) { c_text(n); if (!is_code(n->bytes)) malformed(); }
static void c_term(const Node *n) { c_text(n); if (!is_term(n->bytes)) malformed(); }
static void c_number(const Node *n) { c_text(n); if (!alphanumeric(n->bytes, 4, 32)) malformed(); }
static void c_exam(const Node *n) {
    c_text(n);
    const u8 *dash = memchr(n->bytes.at, '-', n->bytes.len);
    size_t before = dash ? (size_t)(dash - n->bytes.at) : 0;
    if (!dash || !is_code((Span){n->bytes.at, before}) || !is_term((Span){dash + 1, n->bytes.len - before - 1})) malformed();
}
static void c_date(const Node *n) {
    c_text(n);
    Span s = n->bytes;
    if (s.len != 10 || s.at[7] != '-' || !is_term((Span){s.at, 7}) || !digit(s.at[8]) || !digit(s.at[9])) malformed();
}
static void one_of(const Node *n, const char *const words[]) {
    c_text(n);
    while (*words) if (is(n->bytes, *words++)) return;
    malformed();
}
#define ONE_OF(name, ...) static void name(const Node *n) { static const char *const words[] = {__VA_ARGS__, NULL}; one_of(n, words); }
ONE_OF(c_action, "suspended", "reinstated", "revoked", "replaced")
ONE_OF(c_reason, "registration_error", "misconduct", "false_materials", "holder_request", "reissued", "investigation", "key_compromise", "other")
ONE_OF(c_stage, "notice", "final")
ONE_OF(c_use, "root", "certificate", "status", "credential", "log")
ONE_OF(c_state, "active", "retired", "compromised")
ONE_OF(c_numbering, "default", "own")
ONE_OF(c_standing, "suspended", "revoked", "replaced", "withdrawn")

static void each(const Node *n, Check *check, size_t least) {
    if (!n || n->type != ARRAY || n->count < least) malformed();
    for (size_t i = 0; i < n->count; i++) check(&n->items[i]);
}
static const Node *row(const Node *n, size_t count) {
    if (!n || n->type != ARRAY || n->count != count) malformed();
    return n->items;
}
static void or_null(const Node *n, Check *check) { if (!n || n->type != SIMPLE || n->number != SIMPLE_NULL) check(n); }
static int null(const Node *n) { return n->type == SIMPLE && n->number == SIMPLE_NULL; }

static void c_revision(const Node *n) { c_uint(n); if (n->number < 1) malformed(); }
static void c_named(const Node *n) { const Node *r = row(n, 2); c_number(r); c_16(r + 1); }
static void c_list_row(const Node *n) { const Node *r = row(n, 4); c_uint(r); c_text(r + 1); c_text(r + 2); or_null(r + 3, c_16); }
static void c_index_row(const Node *n) { const Node *r = row(n, 2); c_number(r); c_32(r + 1); }
static void c_list_rows(const Node *n) { each(n, c_list_row, 0); }
static void c_index_rows(const Node *n) { each(n, c_index_row, 0); }
static void c_codes(const Node *n) { each(n, c_code, 0); }
static void c_texts(const Node *n) { each(n, c_text, 1); }
static void c_digests(const Node *n) { each(n, c_32, 1); }
static void c_numbers(const Node *n) { each(n, c_number, 1); }
static void c_marks(const Node *n) { const Node *r = row(n, 2); c_uint(r); c_uint(r + 1); }
static void c_names(const Node *n) { /* {"zh": tstr, ? "en": tstr}, in bytewise order of the keys */
    if (!n || n->type != MAP || n->count < 2 || n->count > 4 || !is(n->items[n->count - 2].bytes, "zh")) malformed();
    if (n->count == 4 && !is(n->items[0].bytes, "en")) malformed();
    for (size_t i = 1; i < n->count; i += 2) c_text(&n->items[i]);
}
static void c_standings(const Node *n) {
    if (!n || n->type != MAP) malformed();
    for (size_t i = 0; i < n->count; i += 2) octets(&n->items[i], 8), c_standing(&n->items[i + 1]);
}

/* A map that has these fields and no others, but for 16 to 23 where it has room for later ones. */
static void fields(const Node *map, const Field *known, int later) {
    if (!map || map->type != MAP) malformed();
    for (size_t i = 0; i < map->count; i += 2) {
        const Node *key = &map->items[i];
        const Field *field = known;
        while (field->check && !(key->type == UINT && key->number == (u64)field->key)) field++;
        if (!field->check && !(later && key->type == UINT && key->number >= 16 && key->number <= 23)) malformed();
    }
    for (; known->check; known++) {
        const Node *value = get(map, known->key);
        if (!value && known->how == OPTIONAL) continue;
        if (known->how == NULLABLE) or_null(value, known->check);
        else known->check(value);
    }
}
#define FIELDS(name, ...) static const Field name[] = {__VA_ARGS__, {0, NULL, MUST}}

FIELDS(EVENT_FIELDS, {1, c_names, MUST}, {2, c_date, MUST}, {3, c_date, NULLABLE});
static void c_event(const Node *n) { fields(n, EVENT_FIELDS, 0); }

/* ---- Keys ---- */

static int verifies(Span key, Span message, Span signature) {
    return signature.len == 64 && !crypto_sign_verify_detached(signature.at, message.at, message.len, key.at);
}

/* Whether 32 bytes are the canonical encoding of a point of the curve that is not of small order (RFC 8032, 5.1.3). */
static int is_sound(const u8 *key) {
    u8 y[32], point[32];
    static const u8 neutral[32] = {1};
    memcpy(y, key, 32), y[31] &= 0x7f;
    int below = y[0] < 0xed || y[31] != 0x7f; /* p is ed ff … ff 7f */
    for (int i = 1; i < 31; i++) below |= y[i] != 0xff;
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

enum { KEY_KID = 1, KEY_PUBLIC, KEY_USE, KEY_PROGRAMMES, KEY_FROM, KEY_UNTIL, KEY_STATE, KEY_BELOW };
FIELDS(KEY_FIELDS, {1, c_4, MUST}, {2, c_32, MUST}, {3, c_use, MUST}, {4, c_codes, MUST}, {5, c_time, MUST}, {6, c_time, NULLABLE}, {7, c_state, MUST}, {8, c_uint, NULLABLE});
FIELDS(ISSUER_FIELDS, {1, c_text, MUST}, {2, c_names, MUST});
FIELDS(PROGRAMME_FIELDS, {1, c_code, MUST}, {2, c_names, MUST}, {3, c_names, MUST}, {4, c_text, NULLABLE}, {5, c_marks, MUST}, {6, c_uint, NULLABLE}, {7, c_numbering, MUST}, {8, c_texts, MUST});

static Span text_of(const Node *map, int key) { return get(map, key)->bytes; }

static void c_key(const Node *n) {
    u8 print[32];
    fields(n, KEY_FIELDS, 0);
    if (!is_sound(text_of(n, KEY_PUBLIC).at)) refuse("unsound_key");
    thumbprint(print, text_of(n, KEY_PUBLIC));
    if (memcmp(print, text_of(n, KEY_KID).at, 4)) refuse("wrong_kid");
    if (!null(get(n, KEY_BELOW)) && !is(text_of(n, KEY_STATE), "compromised")) malformed();
}
static void c_issuer(const Node *n) { fields(n, ISSUER_FIELDS, 0); }
static void c_programme(const Node *n) { fields(n, PROGRAMME_FIELDS, 0); }
static void c_keys(const Node *n) { each(n, c_key, 1); }
static void c_issuers(const Node *n) { each(n, c_issuer, 1); }
static void c_programmes(const Node *n) { each(n, c_programme, 1); }

/* The element of an array of maps whose field has these bytes. */
static const Node *among(const Node *array, int field, Span bytes) {
    for (size_t i = 0; i < array->count; i++)
        if (same(text_of(&array->items[i], field), bytes)) return &array->items[i];
    return NULL;
}
static void no_two(const Node *array, int field) {
    for (size_t i = 0; i < array->count; i++)
        if (among(array, field, text_of(&array->items[i], field)) != &array->items[i]) malformed();
}

/* ---- Every kind's content ---- */

FIELDS(CERTIFICATE_FIELDS, {1, c_text, MUST}, {2, c_text, MUST}, {3, c_code, MUST}, {4, c_term, MUST}, {6, c_date, OPTIONAL});
FIELDS(CHANGE_FIELDS, {1, c_named, MUST}, {2, c_action, MUST}, {3, c_time, MUST}, {4, c_reason, MUST}, {5, c_named, OPTIONAL}, {6, c_text, OPTIONAL});
FIELDS(LIST_FIELDS, {1, c_exam, MUST}, {2, c_code, MUST}, {3, c_stage, MUST}, {4, c_revision, MUST}, {5, c_time, NULLABLE}, {6, c_text, MUST}, {7, c_time, NULLABLE}, {8, c_list_rows, MUST}, {9, c_event, MUST});
FIELDS(INDEX_FIELDS, {1, c_exam, MUST}, {2, c_revision, MUST}, {3, c_4, MUST}, {4, c_index_rows, MUST});
FIELDS(KEYRING_FIELDS, {1, c_uint, MUST}, {2, c_time, MUST}, {3, c_keys, MUST}, {4, c_issuers, MUST}, {5, c_programmes, MUST}, {6, c_32, NULLABLE}, {7, c_texts, MUST});
FIELDS(SNAPSHOT_FIELDS, {1, c_time, MUST}, {2, c_uint, MUST}, {3, c_standings, MUST});
FIELDS(ERASURE_FIELDS, {1, c_digests, MUST}, {2, c_numbers, MUST}, {3, c_text, MUST});
FIELDS(DOCUMENT_FIELDS, {1, c_text, MUST}, {2, c_text, MUST}, {3, c_octets, MUST});
static const Field *const CONTENTS[] = {NULL, CERTIFICATE_FIELDS, CHANGE_FIELDS, LIST_FIELDS, INDEX_FIELDS, KEYRING_FIELDS, SNAPSHOT_FIELDS, ERASURE_FIELDS, DOCUMENT_FIELDS};

/* A text of so many code points, none of them Cc or Cf. */
static void shown(Span text, size_t least, size_t most) {
    size_t count = 0;
    for (const u8 *at = text.at, *end = at + text.len; at < end; count++)
        if (WITHIN(code_point(&at, end), CONTROL)) malformed();
    if (count < least || count > most) malformed();
}

/* When a day begins in China; malformed for a date that no calendar has. */
static int64_t china_midnight(Span date) {
    struct tm day = {0}, again;
    char text[11] = {0};
    memcpy(text, date.at, 10);
    day.tm_year = atoi(text) - 1900, day.tm_mon = atoi(text + 5) - 1, day.tm_mday = atoi(text + 8);
    again = day;
    timegm(&again);
    if (day.tm_year < 1 - 1900 || again.tm_mon != day.tm_mon || again.tm_mday != day.tm_mday) malformed();
    setenv("TZ", "Asia/Shanghai", 1), tzset();
    day.tm_isdst = -1;
    return (int64_t)mktime(&day);
}

static int64_t begins_at(const Statement *source) {
    const Node *date = get(source->content, 6);
    return date ? china_midnight(date->bytes) : (int64_t)get(&source->claims, IAT)->number;
}

static void check_certificate(const Statement *source) {
    const Node *number = get(&source->claims, CTI), *exp = get(&source->claims, EXP);
    int older = get(source->content, 6) != NULL;
    shown(text_of(source->content, 1), 1, 50);
    shown(text_of(source->content, 2), older ? 0 : 1, 4);
    c_octets(number);
    if (!alphanumeric(number->bytes, 4, 32)) malformed();
    if (exp) c_time(exp);
    int64_t begins = begins_at(source);
    if (begins > (int64_t)get(&source->claims, IAT)->number) malformed();
    if (exp && (int64_t)exp->number <= begins) refuse("expires_before_issue");
}

static void check_list(const Node *content) {
    Span exam = text_of(content, 1), code = text_of(content, 2);
    if (exam.len <= code.len || memcmp(exam.at, code.at, code.len) || exam.at[code.len] != '-') malformed();
    const Node *rows = get(content, 8);
    int notice = is(text_of(content, 3), "notice");
    for (size_t i = 0; i < rows->count; i++) if (null(&rows->items[i].items[3]) != notice) malformed();
}

static void check_keyring(const Node *content) {
    const Node *issuers = get(content, 4), *programmes = get(content, 5);
    no_two(get(content, 3), KEY_PUBLIC), no_two(issuers, 1), no_two(programmes, 1);
    for (size_t i = 0; i < programmes->count; i++) {
        const Node *of = get(&programmes->items[i], 8);
        for (size_t j = 0; j < of->count; j++) if (!among(issuers, 1, of->items[j].bytes)) malformed();
    }
}

/* That a statement's content is in order, whatever its kind. */
static void check_content(const Statement *source) {
    fields(source->content, CONTENTS[source->kind], 1);
    for (size_t i = 0; i < source->claims.count; i += 2) {
        const Node *key = &source->claims.items[i];
        if (key->type == UINT && key->number != IAT && source->kind != CERTIFICATE) malformed();
    }
    c_time(get(&source->claims, IAT));
    if (source->kind == CERTIFICATE) check_certificate(source);
    if (source->kind == PASS_LIST) check_list(source->content);
    if (source->kind == KEYRING) check_keyring(source->content);
}

/* ---- The chain of keyrings from a pinned root ---- */

typedef struct { const Node *keyring; u64 issued_at, version; Span newest; } Chain;

static const Node *keys_of(const Chain *chain) { return get(chain->keyring, 3); }
static int has_state(const Node *key, const char *state) { return is(text_of(key, KEY_STATE), state); }
static int has_use(const Node *key, const char *use) { return is(text_of(key, KEY_USE), use); }

/* Entries are only added; of a key only its end, its state (onwards) and, once, its log size change. */
static void check_kept(const Node *old, const Node *now) {
    static const char *const STATES[] = {"active", "retired", "compromised"};
    for (int field = 4; field <= 7; field++) { /* issuers, programmes, hosts: each as it was */
        const Node *was = get(old, field), *is_now = get(now, field);
        for (size_t i = 0; field != 6 && i < was->count; i++) {
            size_t j = 0;
            while (j < is_now->count && !same(was->items[i].raw, is_now->items[j].raw)) j++;
            if (j == is_now->count) refuse("altered");
        }
    }
    const Node *keys = get(old, 3);
    for (size_t i = 0; i < keys->count; i++) {
        const Node *was = &keys->items[i], *key = among(get(now, 3), KEY_PUBLIC, text_of(was, KEY_PUBLIC));
        for (int field = 1; field <= 5; field++) if (!key || !same(get(was, field)->raw, get(key, field)->raw)) refuse("altered");
        int before = 0, after = 0;
        for (int j = 0; j < 3; j++) before = has_state(was, STATES[j]) ? j : before, after = has_state(key, STATES[j]) ? j : after;
        if (after < before || (!null(get(was, KEY_BELOW)) && !same(get(was, KEY_BELOW)->raw, get(key, KEY_BELOW)->raw))) refuse("altered");
    }
}

static void extend(Chain *chain, Span data, const u8 root[32]) {
    Statement *source = take(sizeof *source);
    u8 digest[32];
    int found = 0;
    *source = read_envelope(data);
    read_claims(source);
    if (source->kind != KEYRING) malformed();
    check_content(source);
    const Node *previous = get(source->content, 6);
    u64 version = get(source->content, 1)->number;
    if (chain->keyring && same(data, chain->newest)) return;
    if (chain->keyring ? version != chain->version + 1 : version != 1 || !null(previous)) refuse("wrong_version");
    if (chain->keyring) {
        sha256(digest, chain->newest);
        if (null(previous) || memcmp(digest, previous->bytes.at, 32)) refuse("wrong_predecessor");
    }
    const Node *keys = chain->keyring ? keys_of(chain) : get(source->content, 3);
    for (size_t i = 0; i < keys->count && !found; i++) {
        const Node *key = &keys->items[i];
        thumbprint(digest, text_of(key, KEY_PUBLIC));
        int may = chain->keyring ? has_state(key, "active") && same(text_of(key, KEY_KID), source->kid) : !memcmp(digest, root, 32);
        found = may && has_use(key, "root") && verifies(text_of(key, KEY_PUBLIC), source->signed_bytes, source->signature);
    }
    if (!found) refuse(chain->keyring ? "not_signed_by_root" : "wrong_root");
    if (chain->keyring) check_kept(chain->keyring, source->content);
    chain->keyring = source->content, chain->version = version, chain->newest = data;
    chain->issued_at = get(&source->claims, IAT)->number;
}

/* ---- Who signed, and may they? ---- */

static const Node *signer(const Statement *source, const Chain *chain) {
    int named = 0;
    for (size_t i = 0; i < keys_of(chain)->count; i++) {
        const Node *key = &keys_of(chain)->items[i];
        if (!same(text_of(key, KEY_KID), source->kid)) continue;
        named = 1;
        if (verifies(text_of(key, KEY_PUBLIC), source->signed_bytes, source->signature)) return key;
    }
    refuse(named ? "signature_bad" : "unknown_key");
}

static void check_use(const Statement *source, const Node *key) {
    static const char *const USES[] = {"", "certificate", "status", "certificate", "certificate", "root", "status", "status", "credential"};
    const char *use = USES[source->kind];
    const Node *first = get(source->content, 1), *of = NULL, *programmes = get(key, KEY_PROGRAMMES);
    if (source->kind == DOCUMENT && first && first->type == TEXT && first->bytes.len >= 7 && !memcmp(first->bytes.at, "status/", 7)) use = "status";
    if (!has_use(key, use)) refuse("key_wrong_use");
    if (source->kind == SNAPSHOT && programmes->count) refuse("key_wrong_programme");
    if (source->kind == CERTIFICATE) of = get(source->content, 3);
    if (source->kind == PASS_LIST) of = get(source->content, 2);
    if (source->kind == LOOKUP_INDEX) of = first;
    if (!of || of->type != TEXT || !programmes->count) return;
    const u8 *dash = source->kind == LOOKUP_INDEX ? memchr(of->bytes.at, '-', of->bytes.len) : NULL;
    Span code = {of->bytes.at, dash ? (size_t)(dash - of->bytes.at) : of->bytes.len};
    for (size_t i = 0; i < programmes->count; i++) if (same(programmes->items[i].bytes, code)) return;
    refuse("key_wrong_programme");
}

/* The state in which a key's word counts where its place in the log is not known. */
static void check_state(const Node *key) {
    if (has_state(key, "compromised")) refuse("key_compromised");
    if (has_state(key, "retired")) refuse("key_retired");
}

static Statement believe(Span data, const Chain *chain) {
    Statement source = read_envelope(data);
    const Node *key = signer(&source, chain);
    read_claims(&source);
    check_use(&source, key);
    check_content(&source);
    check_state(key);
    return source;
}

/* ---- Snapshot ---- */

typedef struct { const Node *content; const char *refused; u64 taken_at, log_size; } Snapshot;
typedef struct { int64_t log_size, kept_size, kept_taken_at; } Beside; /* -1 where it is not at hand */

static Snapshot take_snapshot(Span data, const Chain *chain, const Beside *beside) {
    Statement *source = take(sizeof *source);
    *source = believe(data, chain);
    if (source->kind != SNAPSHOT) refuse("wrong_kind");
    Snapshot found = {source->content, NULL, get(source->content, 1)->number, get(source->content, 2)->number};
    if (get(&source->claims, IAT)->number < chain->issued_at) refuse("snapshot_before_keyring");
    if (beside->log_size >= 0 && (u64)beside->log_size < found.log_size) refuse("snapshot_unproven");
    if (beside->kept_size >= 0 && (found.log_size < (u64)beside->kept_size || found.taken_at < (u64)beside->kept_taken_at)) refuse("snapshot_rolled_back");
    return found;
}

/* ---- The QR text ---- */

static const u32 UNSEEN[][2] = {{0xad, 0xad}, {0x180e, 0x180e}, {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x2064}, {0x2066, 0x206f}, {0xfe0e, 0xfe0f}, {0xfeff, 0xfeff}};
static const u32 SPACE[][2] = {{9, 13}, {32, 32}, {0x85, 0x85}, {0xa0, 0xa0}, {0x1680, 0x1680}, {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}};
enum { MOST_TEXT = 10000, MOST_DIGITS = 2000, SHORTEST = 100 };

/* A text as code points, a 0 at its end, with what nobody sees left out; NUL itself stands as -1. */
typedef const int32_t *Points;
static Points begins_with(Points at, const char *word) { /* whatever the case, in ASCII */
    for (; *word; word++, at++) if (*at != *word && !(*at >= 'A' && *at <= 'Z' && *at + 32 == *word)) return NULL;
    return at;
}
static Points past(Points at, const char *stops, int space) { /* up to one of these, or white space */
    while (*at && !(*at > 0 && *at < 128 && strchr(stops, *at)) && (space || *at < 0 || !WITHIN(*at, SPACE))) at++;
    return at;
}
static Points address(Points at) {
    Points host, second;
    if (!(host = begins_with(at, "http"))) return NULL;
    if (*host == 's' || *host == 'S') host++;
    if (!(host = begins_with(host, "://"))) return NULL;
    if ((second = begins_with(host, "http"))) { /* a second scheme in front, as browsers write it */
        if (*second == 's' || *second == 'S') second++;
        if (*second == ':') second++;
        if ((second = begins_with(second, "//"))) host = second;
    }
    Points end = past(host, "/?#", 0);
    return end > host ? begins_with(end, "/q/") : NULL;
}

/* The digits of a text that has the form of a certificate's code; else NULL, and whether it begins as one. */
static char *read_text(Span text, int *begins) {
    int32_t *points = take((text.len + 2) * sizeof *points), *first = points;
    size_t count = 0, characters = 0, digits = 0;
    for (const u8 *at = text.at, *end = at + text.len; at < end; characters++) {
        int32_t point = code_point(&at, end);
        if (!WITHIN(point, UNSEEN)) points[count++] = point ? point : -1;
    }
    if (characters > MOST_TEXT) count = 0;
    while (count && points[count - 1] > 0 && WITHIN(points[count - 1], SPACE)) count--;
    points[count] = 0;
    while (*first > 0 && WITHIN(*first, SPACE)) first++;
    Points at = address(first), from = at ? at : first;
    while (from[digits] >= '0' && from[digits] <= '9') digits++;
    *begins = at || digits >= SHORTEST;
    at = from + digits;
    if (!digits || digits > MOST_DIGITS || *from == '0') return NULL;
    if (*at == '/') at++;
    if (*at == '?') at = past(at + 1, "#", 0);
    while (*at == '&') {
        Points name = at + 1, equals = past(name, "=&#", 0);
        if (equals == name || *equals != '=') return NULL;
        at = past(equals + 1, "&#", 0);
    }
    if (*at == '#') at = past(at + 1, "", 0);
    if (*at) return NULL;
    char *found = take(digits + 1);
    for (size_t i = 0; i < digits; i++) found[i] = (char)from[i];
    return found;
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

static const char *const STEPS[] = {"text", "encoding", "key", "signature", "authority", "claims", "register", "status", "log"};

typedef struct { Chain chain; Snapshot snapshot; Beside beside; int64_t clock, as_of; } Known;
typedef struct {
    const Known *known;
    const char *result[9], *code[9], *outcome, *status;
    Span bytes;
    Statement source;
    const Node *key, *programme;
    int64_t now, as_of;
} Verdict;

static void note(Verdict *verdict, int step, const char *result, const char *code) { verdict->result[step - 1] = result, verdict->code[step - 1] = code; }
static _Noreturn void fail(Verdict *verdict, int step, const char *code, const char *outcome) {
    note(verdict, step, "fail", code), verdict->outcome = outcome;
    refuse(code);
}

/* Runs what may refuse; the code of its refusal, or NULL. */
static const char *attempt(void (*run)(Verdict *), Verdict *verdict) {
    jmp_buf here, *outer = guard;
    guard = &here;
    if (setjmp(here)) return guard = outer, refusal;
    run(verdict);
    return guard = outer, NULL;
}

static int slip(Span number, const Node *programmes) {
    for (size_t i = 0; i < programmes->count; i++) {
        Span code = text_of(&programmes->items[i], 1);
        if (!is(text_of(&programmes->items[i], 7), "default") || number.len != code.len + 11 || memcmp(number.at, code.at, code.len)) continue;
        size_t digits = code.len;
        while (digits < number.len - 1 && digit(number.at[digits])) digits++;
        if (digits < number.len - 1) continue;
        static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        int product = 36; /* ISO 7064 MOD 37,36 */
        for (size_t j = 0; j < number.len - 1; j++) {
            int sum = (product + (int)(strchr(alphabet, number.at[j]) - alphabet)) % 36;
            product = (sum ? sum : 36) * 2 % 37;
        }
        if (alphabet[(37 - product) % 36] != number.at[number.len - 1]) return 1;
    }
    return 0;
}

static const char *by_snapshot(const Verdict *verdict, const Snapshot *snapshot, const char **state) {
    static char code[32];
    const Statement *source = &verdict->source;
    const Node *entries = snapshot->content ? get(snapshot->content, 3) : NULL, *exp = get(&source->claims, EXP);
    u8 digest[32];
    sha256(digest, source->data);
    *state = NULL;
    for (size_t i = 0; entries && i < entries->count; i += 2)
        if (!memcmp(entries->items[i].bytes.at, digest, 8)) {
            Span standing = entries->items[i + 1].bytes;
            snprintf(code, sizeof code, "status_%.*s", (int)standing.len, (const char *)standing.at);
            return *state = code + strlen("status_"), code;
        }
    if (begins_at(source) > verdict->as_of + 300) return *state = "not_yet_valid", "status_not_yet_valid";
    if (exp && verdict->as_of >= (int64_t)exp->number) return *state = "expired", "status_expired";
    if (!snapshot->content) {
        if (!snapshot->refused) return "register_not_asked";
        return strncmp(snapshot->refused, "snapshot_", 9) ? "snapshot_refused" : snapshot->refused;
    }
    if (get(&source->claims, IAT)->number > snapshot->taken_at) return "issued_after_snapshot";
    return *state = "valid", "status_by_snapshot";
}

static void do_read(Verdict *v) { v->source = read_envelope(v->bytes), read_claims(&v->source); }
static void do_signer(Verdict *v) { v->key = signer(&v->source, &v->known->chain); }
static void do_authority(Verdict *v) { check_use(&v->source, v->key), check_state(v->key); }
static void do_content(Verdict *v) { check_content(&v->source); }

static void steps(Verdict *verdict) {
    const Node *keyring = verdict->known->chain.keyring, *programmes = get(keyring, 5);
    Statement *source = &verdict->source;
    const char *code, *state;
    int begins;
    char *digits = read_text(verdict->bytes, &begins);
    if (!digits) fail(verdict, 1, begins ? "altered" : "not_a_qr_text", "unreadable");
    note(verdict, 1, "pass", "text_read");
    verdict->bytes = from_digits(digits);
    if ((code = attempt(do_read, verdict))) fail(verdict, 2, code, "unreadable");
    note(verdict, 2, "pass", "decoded");
    code = attempt(do_signer, verdict);
    if (code && !strcmp(code, "unknown_key")) fail(verdict, 3, code, "unknown_key");
    note(verdict, 3, "pass", verdict->now > (int64_t)get(keyring, 2)->number ? "keyring_expired" : "key_found");
    if (code) fail(verdict, 4, code, "forged");
    note(verdict, 4, "pass", "signature_ok");
    code = attempt(do_authority, verdict);
    if (code && strcmp(code, "key_retired")) fail(verdict, 5, code, "key_not_trusted");
    note(verdict, 5, code ? "not_done" : "pass", code ? code : "key_trusted");
    if (source->kind != CERTIFICATE) fail(verdict, 6, "not_a_certificate", "malformed");
    if ((code = attempt(do_content, verdict))) fail(verdict, 6, code, "malformed");
    if (slip(get(&source->claims, CTI)->bytes, programmes)) fail(verdict, 6, "number_check", "malformed");
    verdict->programme = among(programmes, 1, text_of(source->content, 3));
    if (!verdict->programme) fail(verdict, 6, "unknown_programme", "malformed");
    note(verdict, 6, "pass", "claims_ok");
    note(verdict, 7, "not_done", "register_not_asked");
    code = by_snapshot(verdict, &verdict->known->snapshot, &state);
    verdict->status = state;
    if (state && strcmp(state, "valid")) fail(verdict, 8, code, state);
    note(verdict, 8, state ? "pass" : "not_done", code);
    note(verdict, 9, "not_done", "no_receipt");
}

static const char *moment(int64_t seconds) {
    static char texts[4][32];
    static int next;
    time_t at = (time_t)seconds;
    struct tm utc;
    char *text = texts[next++ % 4];
    strftime(text, sizeof texts[0], "\"%Y-%m-%dT%H:%M:%SZ\"", gmtime_r(&at, &utc));
    return text;
}
static void json(const Node *node) { /* a text, or null */
    if (!node || node->type != TEXT) { printf("null"); return; }
    putchar('"');
    for (size_t i = 0; i < node->bytes.len; i++) {
        u8 c = node->bytes.at[i];
        if (c < 0x20 || c == '"' || c == '\\') printf("\\u%04x", c);
        else putchar(c);
    }
    putchar('"');
}
static void json_names(const Node *names) {
    printf("{\"zh\":"), json(&names->items[names->count - 1]);
    printf(",\"en\":"), json(names->count == 4 ? &names->items[1] : NULL), printf("}");
}

static int judge(Span text, const Known *known) {
    Verdict verdict = {.known = known, .bytes = text, .outcome = "valid"};
    const Snapshot *snapshot = &known->snapshot;
    u64 newest = known->chain.issued_at > snapshot->taken_at ? known->chain.issued_at : snapshot->taken_at;
    verdict.now = known->clock > (int64_t)newest ? known->clock : (int64_t)newest;
    verdict.as_of = known->as_of >= 0 ? known->as_of : verdict.now;
    if (snapshot->content && verdict.as_of < (int64_t)snapshot->taken_at) return puts("{\"refused\":\"as_of_before_snapshot\"}"), 0;
    (void)attempt(steps, &verdict);
    printf("{\"outcome\":\"%s\",\"status_now\":null,\"checked_at\":%s,\"as_of\":%s,\"checks\":[", verdict.outcome, moment(verdict.now), moment(verdict.as_of));
    for (int i = 0; i < 9; i++)
        printf("%s{\"step\":%d,\"check\":\"%s\",\"result\":\"%s\",\"code\":\"%s\"}", i ? "," : "", i + 1, STEPS[i],
               verdict.result[i] ? verdict.result[i] : "not_done", verdict.code[i] ? verdict.code[i] : "not_reached");
    printf("],\"snapshot\":");
    if (snapshot->content) printf("{\"taken_at\":%s,\"log_size\":%llu}", moment((int64_t)snapshot->taken_at), (unsigned long long)snapshot->log_size);
    else printf("null");
    printf(",\"certificate\":");
    if (verdict.programme && verdict.code[5] && !strcmp(verdict.code[5], "claims_ok")) {
        const Statement *source = &verdict.source;
        const Node *c = source->content, *exp = get(&source->claims, EXP), *of = get(verdict.programme, 8);
        Span number = get(&source->claims, CTI)->bytes, code = text_of(c, 3), term = text_of(c, 4);
        printf("{\"number\":\"%.*s\",\"holder\":", (int)number.len, (const char *)number.at), json(get(c, 1));
        printf(",\"id_hint\":"), json(get(c, 2));
        printf(",\"programme\":{\"code\":"), json(get(c, 3)), printf(",\"name\":"), json_names(get(verdict.programme, 2));
        printf(",\"level\":"), json_names(get(verdict.programme, 3)), printf(",\"occupation\":"), json(get(verdict.programme, 4));
        printf("},\"exam\":{\"code\":\"%.*s-%.*s\",\"title\":null,\"held_on\":null},\"issuers\":[", (int)code.len, (const char *)code.at, (int)term.len, (const char *)term.at);
        for (size_t i = 0; i < of->count; i++) printf(i ? "," : ""), json_names(get(among(get(known->chain.keyring, 4), 1, of->items[i].bytes), 2));
        printf("],\"issued_at\":%s,\"expires_at\":%s", moment(begins_at(source)), exp ? moment((int64_t)exp->number) : "null");
        if (get(c, 6)) printf(",\"registered_at\":%s", moment((int64_t)get(&source->claims, IAT)->number));
        printf(verdict.status ? ",\"status\":\"%s\"" : ",\"status\":null", verdict.status);
        printf(",\"status_since\":null,\"reason\":null,\"replaced_by\":null}");
    } else printf("null");
    printf("}\n");
    return strcmp(verdict.outcome, "valid") != 0;
}

/* ---- The command ---- */

/* Hexadecimal, or what stands in the file behind an @. */
static Span bytes_of(const char *text) {
    size_t room = *text == '@' ? 1 << 20 : strlen(text) / 2 + 1, len = 0, got;
    u8 *bytes = take(room);
    if (*text != '@') {
        if (sodium_hex2bin(bytes, room, text, strlen(text), NULL, &len, NULL)) fprintf(stderr, "not hexadecimal: %s\n", text), exit(2);
        return (Span){bytes, len};
    }
    FILE *file = fopen(text + 1, "rb");
    if (!file) perror(text + 1), exit(2);
    while ((got = fread(bytes + len, 1, room - len, file)) > 0)
        if ((len += got) == room && !(bytes = realloc(bytes, room *= 2))) exit(2);
    return fclose(file), (Span){bytes, len};
}

static void follow(Chain *chain, Span sequence, Span root) {
    Reader reader = {.at = sequence.at, .end = sequence.at + sequence.len};
    if (root.len != 32) fputs("first --root, 64 hexadecimal digits\n", stderr), exit(2);
    do extend(chain, read_item(&reader).raw, root.at); while (reader.at < reader.end);
}

static int answer(const char *code, const char *form, ...) {
    va_list words;
    va_start(words, form);
    if (code) printf("{\"code\":\"%s\"", code);
    else printf("{\"code\":null,"), vprintf(form, words);
    va_end(words);
    return puts("}"), code != NULL;
}

static Known known; /* what the words so far have said */
static Span root;
static const char *refused;

static void do_follow(Verdict *v) { follow(&known.chain, v->bytes, root); }
static void do_take(Verdict *v) { known.snapshot = take_snapshot(v->bytes, &known.chain, &known.beside); }
static void do_believe(Verdict *v) { v->source = believe(v->bytes, &known.chain); }

static int obey(const char *word, const char *value) {
    const char *code;
    int begins;
    const struct { const char *name; int64_t *number; } NUMBERS[] = {{"--clock", &known.clock}, {"--as-of", &known.as_of}, {"--log-size", &known.beside.log_size},
        {"--kept-size", &known.beside.kept_size}, {"--kept-taken-at", &known.beside.kept_taken_at}};
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++) if (!strcmp(word, NUMBERS[i].name)) return *NUMBERS[i].number = atoll(value), 0;
    Span bytes = strcmp(word, "--text") ? bytes_of(value) : (Span){(const u8 *)value, strlen(value)};
    Verdict asked = {.bytes = bytes};
    if (!strcmp(word, "--root")) {
        root = bytes, refused = NULL;
        known = (Known){.clock = (int64_t)time(NULL), .as_of = -1, .beside = {-1, -1, -1}};
        return 0;
    }
    if (!strcmp(word, "--read")) {
        char *digits = read_text(bytes, &begins);
        if (digits) printf("{\"digits\":\"%s\",\"ours\":%s}\n", digits, begins ? "true" : "false");
        else printf("{\"digits\":null,\"begins\":%s}\n", begins ? "true" : "false");
        return 0;
    }
    if (!strcmp(word, "--keyring")) {
        refused = attempt(do_follow, &asked);
        return answer(refused, "\"version\":%llu", (unsigned long long)known.chain.version) * 2;
    }
    if (refused || !known.chain.keyring) return fputs("no keyring that is believed\n", stderr), 2;
    if (!strcmp(word, "--snapshot")) {
        code = attempt(do_take, &asked);
        if (code) known.snapshot = (Snapshot){.refused = code};
        return answer(code, "\"taken_at\":%llu,\"log_size\":%llu", (unsigned long long)known.snapshot.taken_at, (unsigned long long)known.snapshot.log_size), 0;
    }
    if (!strcmp(word, "--statement")) {
        u8 entry[32];
        char hex[65];
        code = attempt(do_believe, &asked);
        sha256(entry, code ? (Span){0} : asked.source.data);
        return answer(code, "\"kind\":%d,\"entry\":\"%02x%s\"", code ? 0 : asked.source.kind, code ? 0 : asked.source.kind, sodium_bin2hex(hex, sizeof hex, entry, 32));
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
