// Verifier judges Yinjian certificates without a network: the nine steps of docs/spec/verdict.md over a QR code's text,
// by a keyring whose first root is pinned, with a snapshot, a checkpoint and a receipt where there are any.
//
// It is one file of Go with nothing but Go's own library. It shares no code with the project and follows docs/spec, so that
// each can be held against the other; verifier_test.go runs the vectors through it.
//
//	go build verifier.go && ./verifier -h
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math/big"
	"math/bits"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // Asia/Shanghai, where the system has no time zones
	"unicode"
	"unicode/utf8"
)

// A refusal says, by one of the specification's codes, why something is not as it must be. It is thrown where the fault
// is met and caught by attempt, so that rules can stand one after the other. Nothing else is recovered from.
type refusal string

func must(good bool, code string) {
	if !good {
		panic(refusal(code))
	}
}

// attempt gives the code of what run refused, or "".
func attempt(run func()) (code string) {
	defer func() {
		if fault := recover(); fault != nil {
			code = string(fault.(refusal))
		}
	}()
	run()
	return ""
}

func pick[T any](first bool, yes, no T) T {
	if first {
		return yes
	}
	return no
}

func filter[T any](list []T, good func(item T) bool) (found []T) {
	for _, item := range list {
		if good(item) {
			found = append(found, item)
		}
	}
	return found
}

// ---- CBOR in one strict pass: docs/spec/statement.md, Reading the bytes ----

// What is read is a uint64, an int64 (below 0), octets, a string (valid UTF-8), []any, fields, a bool, or nil for null.
type (
	octets string // a byte string, which can be compared
	fields []field
	field  struct{ key, value any }
)

type reader struct {
	data string
	at   int
}

const mostLevels, isBytes, isText = 16, 2, 3 // and major types

// keyTypes has the maps whose keys are no integers, by their places in a statement's claims.
var keyTypes = map[string]byte{
	"claims/-65539/9/1": isText, "claims/-65541/4/*/2": isText, "claims/-65541/5/*/2": isText, "claims/-65541/5/*/3": isText,
	"claims/-65542/3": isBytes,
}

// decode reads the one item that data is; the path of claims begins with their name.
func decode(data octets, path string) any {
	r := reader{data: string(data)}
	item := r.item(path, 0)
	must(r.at == len(data), "trailing")
	return item
}

func (r *reader) item(path string, level int) any {
	must(r.at < len(r.data), "truncated")
	major, info := r.data[r.at]>>5, r.data[r.at]&31
	number := uint64(info)
	r.at++
	if info >= 24 {
		must(info <= 27 && major != 7, "not_canonical")
		size := 1 << (info - 24)
		must(len(r.data)-r.at >= size, "truncated")
		number = binary.BigEndian.Uint64(append(make([]byte, 8-size), r.data[r.at:r.at+size]...))
		must(number >= [...]uint64{24, 1 << 8, 1 << 16, 1 << 32}[info-24], "not_canonical")
		r.at += size
	}
	must(major != 4 && major != 5 || level < mostLevels, "too_deep")
	must(major < 2 || major > 5 || number <= uint64(len(r.data)-r.at), "truncated")
	switch major {
	case 0:
		return number
	case 1:
		return -1 - int64(pick(number < 1<<62, number, 1<<62)) // none that is as low is in a field that is looked at
	case isBytes, isText:
		text := r.data[r.at : r.at+int(number)]
		r.at += len(text)
		must(major == isBytes || utf8.ValidString(text), "not_canonical")
		return pick[any](major == isBytes, octets(text), text)
	case 4:
		array := []any{} // grown as it is read: what a head promises is not believed
		for ; number > 0; number-- {
			array = append(array, r.item(path+"/*", level+1))
		}
		return array
	case 5:
		found, before, wanted := fields{}, "", keyTypes[path]
		for ; number > 0; number-- {
			start := r.at
			key, within := r.item(path, level+1), ""
			encoded := r.data[start:r.at]
			major := encoded[0] >> 5
			must(major == wanted || major == 1 && wanted == 0, "not_canonical")
			must(encoded > before, "not_canonical") // in bytewise order, so that none is there twice
			if path != "" && wanted == 0 {
				within = fmt.Sprintf("%s/%d", path, key)
			}
			found, before = append(found, field{key, r.item(within, level+1)}), encoded
		}
		return found
	}
	must(major == 7 && number >= 20 && number <= 22, "not_canonical")
	return [...]any{false, true, nil}[number-20]
}

// integer is a key as fields have it.
func integer(key int) any { return pick[any](key < 0, int64(key), uint64(key)) }

// under gives what is under a key, nil where that is missing.
func (f fields) under(key any) any {
	for _, each := range f {
		if each.key == key {
			return each.value
		}
	}
	return nil
}

// get gives what is under a key: the zero value where it is missing, null, or of another type.
func get[T any](item any, key int) T {
	of, _ := item.(fields)
	value, _ := of.under(integer(key)).(T)
	return value
}

func has(item any, key int) bool { return get[any](item, key) != nil }

// ---- The form of everything, as statements.cddl has it ----

// Kinds of statement, whose claims are -65536 less these numbers.
const certificate, change, passList, lookupIndex, keyring, snapshot, erasure, document = 1, 2, 3, 4, 5, 6, 7, 8

// kinds has for each the use of the key that signs it, the field that tells its programme (0 for none), and the form of
// its claims in the writing of written: maps and arrays as {key:value,} and <value,>, REF and other capitals from below.
var kinds = [...]struct {
	use       string
	programme int
	form      *regexp.Regexp
}{
	certificate: {"certificate", 3, form(`{(4:TIME,)?6:TIME,7:BYTES,-65537:{1:"PRINTED{1,50}",2:"PRINTED{0,4}",` +
		`3:"CODE",4:"TERM",(6:DATE,)?LATER},}`)},
	change: {"status", 0, form(`{6:TIME,-65538:{1:REF,2:"(suspended|reinstated|revoked|replaced)",3:TIME,4:"(registration_error|` +
		`misconduct|false_materials|holder_request|reissued|investigation|key_compromise|other)",(5:REF,)?(6:TEXT,)?LATER},}`)},
	passList: {"certificate", 2, form(`{6:TIME,-65539:{1:EXAM,2:"CODE",3:"(notice|final)",4:FROM1,5:(TIME|null),6:TEXT,7:(TIME|null),` +
		`8:<(<UINT,TEXT,TEXT,(b16|null),>,)*>,9:{1:NAMES,2:DATE,3:(DATE|null),},LATER},}`)},
	lookupIndex: {"certificate", 1, form(`{6:TIME,-65540:{1:EXAM,2:FROM1,3:b4,4:<(<NUMBER,b32,>,)*>,LATER},}`)},
	keyring: {"root", 0, form(`{6:TIME,-65541:{1:FROM1,2:TIME,3:<({1:b4,2:b32,3:"(root|certificate|status|credential|log)",` +
		`4:<("CODE",)*>,5:TIME,6:(TIME|null),7:"(active|retired|compromised)",8:(UINT|null),},)+>,4:<({1:TEXT,2:NAMES,},)+>,` +
		`5:<({1:"CODE",2:NAMES,3:NAMES,4:(TEXT|null),5:<UINT,UINT,>,6:(UINT|null),7:"(default|own)",8:<(TEXT,)+>,},)+>,` +
		`6:(b32|null),7:<(TEXT,)+>,LATER},}`)},
	snapshot: {"status", 0, form(`{6:TIME,-65542:{1:TIME,2:UINT,3:{(b8:"(suspended|revoked|replaced|withdrawn)",)*},LATER},}`)},
	erasure:  {"status", 0, form(`{6:TIME,-65543:{1:<(b32,)+>,2:<(NUMBER,)+>,3:TEXT,LATER},}`)},
	document: {"credential", 0, form(`{6:TIME,-65544:{1:TEXT,2:TEXT,3:BYTES,LATER},}`)},
}

// form makes one regular expression of it, which takes linear time. U+0890 and U+0891 are Cf since Unicode 14; Go 1.19 has 13.
func form(text string) *regexp.Regexp {
	for _, each := range [][2]string{{"REF", `<NUMBER,b16,>`}, {"NAMES", `{("en":TEXT,)?"zh":TEXT,}`},
		{"LATER", `((1[6-9]|2[0-3]):_,)*`}, {"EXAM", `"CODE-TERM"`}, {"CODE", `[A-Z][0-9A-Z]{1,7}`},
		{"TERM", `[0-9]{4}-[0-9]{2}(-[0-9A-Z]{1,3})?`}, {"DATE", `"[0-9]{4}-[0-9]{2}-[0-9]{2}"`}, {"NUMBER", `"[0-9A-Z]{4,32}"`},
		{"TEXT", `"[^"]*"`}, {"PRINTED", `[^"\p{Cc}\p{Cf}\x{890}\x{891}]`}, {"BYTES", `b[0-9]+`}, {"TIME", `@[0-9]+`}, {"UINT", `@?[0-9]+`}, {"FROM1", `@?[1-9][0-9]*`}} {
		text = strings.ReplaceAll(text, each[0], each[1])
	}
	return regexp.MustCompile(`^` + text + `$`)
}

const lastTime = 253402300799 // the end of the year 9999

// written is an item as the forms have it: times as @NUMBER, byte strings by their lengths, a later version's fields as _.
func written(item any) string {
	var out strings.Builder
	switch value := item.(type) {
	case nil:
		return "null"
	case octets:
		return "b" + strconv.Itoa(len(value))
	case string:
		return `"` + strings.ReplaceAll(value, `"`, `'`) + `"`
	case uint64:
		return pick(value <= lastTime, "@", "") + strconv.FormatUint(value, 10)
	case []any:
		for _, each := range value {
			out.WriteString(written(each) + ",")
		}
		return "<" + out.String() + ">"
	case fields:
		for _, each := range value {
			number, positive := each.key.(uint64)
			value := pick(positive && number >= 16 && number <= 23, "_", written(each.value))
			out.WriteString(strings.TrimPrefix(written(each.key), "@") + ":" + value + ",")
		}
		return "{" + out.String() + "}"
	}
	return fmt.Sprint(item)
}

// ---- Statements: docs/spec/statement.md ----

const expiry, issued, cti = 4, 6, 7 // claims

type statement struct {
	data, kid, payload, signature, signed octets
	claims, content                       fields
	kind                                  int
}

func (s *statement) text(field int) string { return get[string](s.content, field) }
func (s *statement) issuedAt() int64       { return int64(get[uint64](s.claims, issued)) }
func (s *statement) entry() string         { return string(rune(s.kind)) + string(hash(string(s.data))) }

func hash(parts ...string) octets {
	sum := sha256.Sum256([]byte(strings.Join(parts, "")))
	return octets(sum[:])
}

// formed reads an item of this form.
func formed(data octets, form *regexp.Regexp, code string) any {
	item := decode(data, "")
	must(form.MatchString(written(item)), code)
	return item
}

var outerForm, headerForm = form(`<BYTES,{},BYTES,b64,>`), form(`{1:-19,4:b4,}`)

// envelope reads the outer layer alone: who is said to have signed which bytes.
func envelope(data octets) *statement {
	outer := formed(data, outerForm, "not_a_statement").([]any)
	header := decode(outer[0].(octets), "")
	_, above := get[any](header, 1).(uint64)
	algorithm, below := get[any](header, 1).(int64)
	must(!above && (!below || algorithm == -19), "newer_format")
	must(headerForm.MatchString(written(header)), "not_a_statement")
	// Sig_structure (RFC 9052 section 4.4): the header and the payload as they are encoded in the statement, where an
	// array's head and ten bytes of header stand before the empty map, and a signature of 66 bytes behind the payload.
	signed := "\x84\x6aSignature1" + data[1:11] + "\x40" + data[12:len(data)-66]
	return &statement{data: data, kid: get[octets](header, 4), payload: outer[2].(octets), signed: signed, signature: outer[3].(octets)}
}

// outline has the claims' keys, and how their values begin; C for a content, N for one of a newer format.
var outline = regexp.MustCompile(`^(4[@-])?(6[@-])?(7.)?(C.|N.)*$`)

// open reads the claims as far as every kind has them.
func (s *statement) open() *statement {
	var found strings.Builder
	s.claims, _ = decode(s.payload, "claims").(fields)
	for _, claim := range s.claims {
		private, _ := claim.key.(int64)
		known := pick(private >= -65536-document, "C", "N")
		found.WriteString(pick(private < -65536, known, fmt.Sprint(claim.key)) + written(claim.value)[:1])
		s.kind = int(-65536 - private)
		s.content, _ = claim.value.(fields)
	}
	must(outline.MatchString(found.String()), "not_a_statement")
	must(!strings.Contains(found.String(), "N"), "newer_format")
	must(strings.Count(found.String(), "C") == 1 && s.content != nil, "not_a_statement")
	return s
}

// check is of the content, whatever the kind.
func (s *statement) check() {
	must(kinds[s.kind].form.MatchString(written(s.claims)), "malformed")
	switch s.kind {
	case certificate:
		s.checkCertificate()
	case passList:
		misnamed := func(row any) bool { return (row.([]any)[3] == nil) != (s.text(3) == "notice") }
		must(strings.HasPrefix(s.text(1), s.text(2)+"-") && filter(get[[]any](s.content, 8), misnamed) == nil, "malformed")
	case keyring:
		checkKeyring(s.content)
	}
}

var (
	numberForm = regexp.MustCompile(`^[0-9A-Z]{4,32}$`)
	china, _   = time.LoadLocation("Asia/Shanghai")
)

func (s *statement) checkCertificate() {
	must(s.text(2) != "" || has(s.content, 6), "malformed")
	must(numberForm.MatchString(string(get[octets](s.claims, cti))), "malformed")
	begins := s.begins()
	must(begins <= s.issuedAt(), "malformed")
	must(!has(s.claims, expiry) || int64(get[uint64](s.claims, expiry)) > begins, "expires_before_issue")
}

// begins is when a certificate does: docs/spec/certificate.md, Fields.
func (s *statement) begins() int64 {
	if !has(s.content, 6) {
		return s.issuedAt()
	}
	day, err := time.ParseInLocation("2006-01-02", s.text(6), china)
	must(err == nil && day.Year() >= 1, "malformed")
	return day.Unix()
}

// ---- Keys and keyrings: docs/spec/keyring.md ----

type key struct {
	kid, public octets
	use, state  string
	programmes  []any
	below       uint64 // the log size below which it is believed, once compromised
	entry       fields
}

func keysOf(keyring fields) (found []key) {
	for _, each := range get[[]any](keyring, 3) {
		found = append(found, key{get[octets](each, 1), get[octets](each, 2), get[string](each, 3), get[string](each, 7),
			get[[]any](each, 4), get[uint64](each, 8), each.(fields)})
	}
	return found
}

// fits holds a signature against a sound key: by the equation without the cofactor, S below the order, R as bytes.
func fits(public, message, signature octets) bool {
	return len(signature) == 64 && ed25519.Verify(ed25519.PublicKey(public), []byte(message), []byte(signature))
}

// sound tells whether 32 bytes are the canonical encoding of a point of the curve (RFC 8032 section 5.1.3) that is not
// of small order: Go's own library takes others. With d = -121665/121666, x² = (y² - 1) / (d y² + 1) must be a square;
// 8 times the point is neutral where y (y² - 1) (d y⁴ + 2 y² - 1) = 0.
func sound(public octets) bool {
	prime := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	backwards := make([]byte, 32)
	for i := range backwards {
		backwards[31-i] = public[i]
	}
	backwards[0] &= 0x7f // without the sign of x
	y := new(big.Int).SetBytes(backwards)
	square := new(big.Int).Mul(y, y)
	polynomial := func(coefficients ...int64) *big.Int { // of y², the highest first
		sum := new(big.Int)
		for _, each := range coefficients {
			sum.Mod(sum.Add(sum.Mul(sum, square), big.NewInt(each)), prime)
		}
		return sum
	}
	x := new(big.Int).Mul(polynomial(121666, -121666), polynomial(-121665, 121666))
	return y.Cmp(prime) < 0 && y.Sign() > 0 && big.Jacobi(x, prime) > 0 && polynomial(121665, -243332, 121666).Sign() > 0
}

func thumbprint(public octets) octets { return hash("\xa3\x01\x01 \x06!X ", string(public)) }

// index has an array's maps by one of their fields, which no two may have alike.
func index(content fields, array, by int) map[any]any {
	found := map[any]any{}
	for _, each := range get[[]any](content, array) {
		key := get[any](each, by)
		must(found[key] == nil, "malformed")
		found[key] = each
	}
	return found
}

func checkKeyring(content fields) {
	for _, key := range keysOf(content) {
		must(sound(key.public), "unsound_key")
		must(thumbprint(key.public)[:4] == key.kid, "wrong_kid")
		must(!has(key.entry, 8) || key.state == "compromised", "malformed")
	}
	index(content, 3, 2)
	issuers := index(content, 4, 1)
	for _, programme := range index(content, 5, 1) {
		unknown := func(id any) bool { return issuers[id] == nil }
		must(filter(get[[]any](programme, 8), unknown) == nil, "malformed")
	}
}

// A chain of keyrings, as far as it was followed.
type chain struct {
	newest *statement
	keys   []key
	origin string // the log's name
}

// follow reads keyrings, oldest first, from the root of this thumbprint.
func follow(sequence, root octets) *chain {
	c := &chain{}
	for c.newest == nil || len(sequence) > 0 {
		r := reader{data: string(sequence)}
		r.item("", 0)
		c.extend(sequence[:r.at], root)
		sequence = sequence[r.at:]
	}
	return c
}

func (c *chain) extend(data, root octets) {
	next := envelope(data).open()
	must(next.kind == keyring, "malformed")
	next.check()
	version, keys := get[uint64](next.content, 1), keysOf(next.content)
	if c.newest == nil {
		must(version == 1 && !has(next.content, 6), "wrong_version")
		pinned := filter(keys, func(k key) bool { return thumbprint(k.public) == root && k.use == "root" })
		signer(pinned, next.signed, next.signature, "wrong_root", "wrong_root")
		hosts := get[[]any](next.content, 7)
		c.origin = strings.ToLower(hosts[len(hosts)-1].(string)) + "/log"
	} else if data != c.newest.data {
		must(version == get[uint64](c.newest.content, 1)+1, "wrong_version")
		must(get[octets](next.content, 6) == hash(string(c.newest.data)), "wrong_predecessor")
		active := filter(c.named(next.kid), func(k key) bool { return k.use == "root" && k.state == "active" })
		signer(active, next.signed, next.signature, "not_signed_by_root", "not_signed_by_root")
		checkKept(c.newest.content, next.content)
	}
	c.newest, c.keys = next, keys
}

// named are the newest keyring's keys of a kid.
func (c *chain) named(kid octets) []key {
	return filter(c.keys, func(k key) bool { return k.kid == kid })
}

// signer is the first key that a signature fits; unknown and misfit are the codes for no key, and for none that does.
func signer(keys []key, message, signature octets, unknown, misfit string) key {
	fitting := filter(keys, func(k key) bool { return fits(k.public, message, signature) })
	must(keys != nil, unknown)
	must(fitting != nil, misfit)
	return fitting[0]
}

// checkKept is of what must stay from one version to the next.
func checkKept(old, now fields) {
	states := map[string]int{"active": 0, "retired": 1, "compromised": 2}
	for _, array := range []int{4, 5} { // issuers and programmes
		after := index(now, array, 1)
		for id, was := range index(old, array, 1) {
			must(reflect.DeepEqual(was, after[id]), "altered")
		}
	}
	for _, host := range get[[]any](old, 7) {
		must(contains(get[[]any](now, 7), host), "altered")
	}
	keys := index(now, 3, 2)
	for _, was := range keysOf(old) {
		key, there := keys[was.public].(fields)
		must(there && reflect.DeepEqual(was.entry[:5], key[:5]), "altered") // fields 1 to 5
		must(states[was.state] <= states[get[string](key, 7)], "altered")
		must(!has(was.entry, 8) || was.below == get[uint64](key, 8), "altered")
	}
}

func contains(list []any, item any) bool {
	return filter(list, func(each any) bool { return each == item }) != nil
}

// checkUse is whether a key may sign such a statement, whose content is not yet known to be in order.
func (s *statement) checkUse(by key) {
	kind := kinds[s.kind]
	list := s.kind == document && strings.HasPrefix(s.text(1), "status/")
	must(by.use == pick(list, "status", kind.use), "key_wrong_use")
	programme, told := get[any](s.content, kind.programme).(string)
	ofExam, _, _ := strings.Cut(programme, "-")
	may := contains(by.programmes, pick(s.kind == lookupIndex, ofExam, programme))
	must(len(by.programmes) == 0 || s.kind != snapshot && (kind.programme == 0 || !told) || may, "key_wrong_programme")
}

const unplaced = 1<<64 - 1

// checkState is whether a key's word counts in a log of this size: up to and with the statement itself, or the tree's.
func checkState(by key, size uint64) {
	must(by.state != "retired", "key_retired")
	must(by.state == "active" || size != unplaced && size <= by.below, "key_compromised")
}

func (c *chain) signer(s *statement) key {
	return signer(c.named(s.kid), s.signed, s.signature, "unknown_key", "signature_bad")
}

// believe takes a statement of any kind, without a place in the log.
func (c *chain) believe(data octets) *statement {
	s := envelope(data)
	key := c.signer(s)
	s.open().checkUse(key)
	s.check()
	checkState(key, unplaced)
	return s
}

// ---- The log's checkpoints and receipts: docs/spec/log.md ----

const mostNote, mostHashes, mostSize = 1 << 20, 64, 1 << 62

// unbase64 gives the bytes of the one spelling that they have, so many or, where length is 0, any number.
func unbase64(text string, length int) octets {
	data, err := base64.StdEncoding.DecodeString(text)
	must(err == nil && base64.StdEncoding.EncodeToString(data) == text && (length == 0 || len(data) == length), "not_a_note")
	return octets(data)
}

var (
	noteForm       = regexp.MustCompile(`^([^\x00-\x09\x0b-\x1f]*\n)\n((?:— [^ \n]+ [^ \n]+\n)+)$`)
	checkpointForm = regexp.MustCompile(`^([^\n+` + space + `]+)\n(0|[1-9][0-9]{0,18})\n(?:([^\n]*)\n)?`)
	proofForm      = regexp.MustCompile(`^c2sp\.org/tlog-proof@v1\n(?:extra [^\n]*\n)?index (0|[1-9][0-9]{0,18})\n((?:[^\n]+\n)*)\n((?s).*)$`)
)

// matched gives the parts of a text that has a form.
func matched(form *regexp.Regexp, text, code string) []string {
	must(len(text) <= mostNote && utf8.ValidString(text), code)
	parts := form.FindStringSubmatch(text)
	must(parts != nil, code)
	return parts
}

// checkpoint gives the size and the root of the tree that a note is of.
func (c *chain) checkpoint(note string) (size uint64, root octets) {
	parts := matched(noteForm, note, "not_a_note")
	signatures := map[string]octets{} // by name and key id, the first of each
	for _, line := range strings.Split(strings.TrimSuffix(parts[2], "\n"), "\n") {
		words := strings.Split(line, " ")
		data := unbase64(words[2], 0)
		must(len(data) > 4, "not_a_note")
		if by := words[1] + "\n" + string(data[:4]); signatures[by] == "" {
			signatures[by] = data[4:]
		}
	}
	text := parts[1]
	parts = matched(checkpointForm, text, "not_a_checkpoint")
	size, _ = strconv.ParseUint(parts[2], 10, 64)
	must(size <= mostSize, "not_a_checkpoint")
	root = unbase64(parts[3], 32)
	must(parts[1] == c.origin, "other_log")
	for _, key := range c.keys {
		id := hash(c.origin, "\n\x01", string(key.public))[:4]
		if signature := signatures[c.origin+"\n"+string(id)]; signature != "" && key.use == "log" {
			must(fits(key.public, octets(text), signature), "signature_bad")
			checkState(key, size)
			return
		}
	}
	panic(refusal("stranger"))
}

// rootOf is the root of a tree whose leaf at a place has this hash: RFC 6962 sections 2.1 and 2.1.1.
func rootOf(place, size uint64, leaf octets, path []octets) octets {
	must(place < size, "beyond_tree")
	must((len(path) > 0) == (size > 1) && len(path) <= mostHashes, "proof_length")
	if size == 1 {
		return leaf
	}
	left, last := uint64(1)<<(bits.Len64(size-1)-1), len(path)-1 // the left half's size, and the other half's root
	if place < left {
		return hash("\x01", string(rootOf(place, left, leaf, path[:last])), string(path[last]))
	}
	return hash("\x01", string(path[last]), string(rootOf(place-left, size-left, leaf, path[:last])))
}

// tlogProof gives the place at which a C2SP tlog-proof shows an entry.
func (c *chain) tlogProof(text octets, entry string) uint64 {
	parts := matched(proofForm, string(text), "not_a_proof")
	place, _ := strconv.ParseUint(parts[1], 10, 64)
	lines, path := strings.Split(parts[2], "\n"), []octets{}
	must(len(lines)-1 <= mostHashes, "proof_length")
	for _, line := range lines[:len(lines)-1] {
		path = append(path, unbase64(line, 32))
	}
	size, root := c.checkpoint(parts[3])
	must(rootOf(place, size, hash("\x00", entry), path) == root, "other_entry")
	return place
}

var receiptForm, inclusionForm = form(`<b13,{396:{-1:<BYTES,>,},},null,b64,>`), form(`<UINT,UINT,<(BYTES,)*>,>`)

// coseReceipt gives the place at which a COSE Receipt (RFC 9942) shows an entry.
func (c *chain) coseReceipt(data octets, entry string) uint64 {
	var outer, proof []any
	var header any
	must(len(data) <= mostNote && strings.HasPrefix(string(data), "\xd2") && "" == attempt(func() {
		outer = formed(data[1:], receiptForm, "not_a_receipt").([]any)
		header = formed(outer[0].(octets), form(`{1:-19,4:b4,395:@1,}`), "not_a_receipt")
		proof = formed(get[[]any](get[any](outer[1], 396), -1)[0].(octets), inclusionForm, "not_a_receipt").([]any)
	}), "not_a_receipt")
	size, place, path := proof[0].(uint64), proof[1].(uint64), []octets{}
	for _, each := range proof[2].([]any) {
		path = append(path, each.(octets))
	}
	must(place >= size || filter(path, func(beside octets) bool { return len(beside) != 32 }) == nil, "proof_length")
	// What is signed has the header as it is encoded in the receipt: 14 bytes behind the tag and the array's head.
	signed := "\x84\x6aSignature1" + data[2:16] + "\x40\x58\x20" + rootOf(place, size, hash("\x00", entry), path)
	keys := filter(c.named(get[octets](header, 4)), func(k key) bool { return k.use == "log" })
	checkState(signer(keys, signed, outer[3].(octets), "stranger", "other_entry"), size)
	return place
}

// ---- The QR text: docs/spec/certificate.md ----

const (
	mostText, mostDigits = 10000, 2000
	space                = `\t-\r \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}` // White_Space
	address              = `[Hh][Tt][Tt][Pp][Ss]?://([Hh][Tt][Tt][Pp][Ss]?:?//)?[^/?#` + space + `]+/[Qq]/`
	added                = `/?(\?[^#` + space + `]*)?(&[^=&#` + space + `]+=[^&#` + space + `]*)*(#[^` + space + `]*)?`
)

var (
	unseen = regexp.MustCompile(`[\x{ad}\x{180e}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2064}\x{2066}-\x{206f}\x{fe0e}\x{fe0f}\x{feff}]`)
	qrText = regexp.MustCompile(`^(` + address + `)?([1-9][0-9]*)` + added + `$`)
	begun  = regexp.MustCompile(`^(` + address + `|[0-9]{100})`)
)

// digits are those of a certificate's code; ours is whether it is one beyond doubt.
func digits(text string) (found string, ours bool) {
	must(utf8.RuneCountInString(text) <= mostText, "not_a_qr_text")
	bare := strings.TrimFunc(unseen.ReplaceAllString(text, ""), func(r rune) bool { return unicode.Is(unicode.White_Space, r) })
	parts := qrText.FindStringSubmatch(bare)
	good := parts != nil && len(parts[3]) <= mostDigits
	must(good || begun.MatchString(bare), "not_a_qr_text")
	must(good, "altered")
	return parts[3], parts[1] != "" || len(parts[3]) >= 100
}

// ---- The verdict: docs/spec/snapshot.md and docs/spec/verdict.md ----

// known is what is at hand; what is nil is not.
type known struct {
	*chain
	logSize  *uint64 // of a believed checkpoint
	before   fields  // of a snapshot taken before this one
	snapshot fields  // that was taken
	unknown  string  // step 8's code without one
	receipt  *string // a tlog-proof or a COSE Receipt
	clock    int64
	asOf     *int64
}

func sizeOf(snapshot fields) uint64 { return get[uint64](snapshot, 2) }
func takenAt(snapshot fields) int64 { return int64(get[uint64](snapshot, 1)) }

// take takes a snapshot, or gives the code of why not.
func (k *known) take(data octets) (code string) {
	code = attempt(func() {
		found := k.believe(data)
		must(found.kind == snapshot, "wrong_kind")
		must(found.issuedAt() >= k.newest.issuedAt(), "snapshot_before_keyring")
		must(k.logSize == nil || *k.logSize >= sizeOf(found.content), "snapshot_unproven")
		must(sizeOf(found.content) >= sizeOf(k.before) && takenAt(found.content) >= takenAt(k.before), "snapshot_rolled_back")
		k.snapshot = found.content
	})
	k.unknown = pick(strings.HasPrefix(code, "snapshot_"), code, "snapshot_refused")
	return code
}

// stand is step 8's code at a time, status_ and an outcome where one is known; size is one more than the index that a receipt proves.
func (k *known) stand(s *statement, at int64, size uint64) string {
	word, listed := get[fields](k.snapshot, 3).under(octets(s.entry()[1:9])).(string)
	switch {
	case listed:
		return "status_" + word
	case s.begins() > at+300:
		return "status_not_yet_valid"
	case has(s.claims, expiry) && at >= int64(get[uint64](s.claims, expiry)):
		return "status_expired"
	case k.snapshot != nil && (s.issuedAt() > takenAt(k.snapshot) || size != unplaced && size > sizeOf(k.snapshot)):
		return "issued_after_snapshot"
	}
	return pick(k.snapshot == nil, k.unknown, "status_by_snapshot")
}

// prove is the place in the log at which the receipt at hand shows an entry.
func (k *known) prove(entry string) uint64 {
	must(k.receipt != nil, "no_receipt")
	cose := strings.HasPrefix(*k.receipt, "\xd2")
	return pick(cose, k.coseReceipt, k.tlogProof)(octets(*k.receipt), entry)
}

var numbering = regexp.MustCompile(`^([A-Z][0-9A-Z]{1,7})[0-9]{10}([0-9A-Z])$`)

// slip is whether a number of a programme's default numbering has another check character than its own.
func slip(number string, programmes map[any]any) bool {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	parts, product := numbering.FindStringSubmatch(number), 36
	if parts == nil || get[string](programmes[parts[1]], 7) != "default" {
		return false
	}
	for _, letter := range number[:len(number)-1] { // ISO 7064 MOD 37,36
		sum := (product + strings.IndexRune(alphabet, letter)) % 36
		product = pick(sum == 0, 36, sum) * 2 % 37
	}
	return alphabet[(37-product)%36:][:1] != parts[2]
}

type object map[string]any

var steps = [...]string{"text", "encoding", "key", "signature", "authority", "claims", "register", "status", "log"}

// A verdict grows with its checks; certificate is what was believed, once its claims are in order.
type verdict struct {
	outcome     string
	checks      []object
	certificate any
}

func (v *verdict) note(result, code string) {
	step := len(v.checks)
	v.checks = append(v.checks, object{"step": step + 1, "check": steps[step], "result": result, "code": code})
}

// require ends the steps with this outcome where there is a failure's code.
func (v *verdict) require(failure, outcome, passed string) {
	v.note(pick(failure == "", "pass", "fail"), pick(failure == "", passed, failure))
	v.outcome = pick(failure == "", "valid", outcome)
	must(failure == "", failure)
}

// run takes the nine steps as far as they go.
func (k *known) run(v *verdict, text string, now, asOf int64) {
	var s *statement
	var found string
	var by key
	v.require(attempt(func() { found, _ = digits(text) }), "unreadable", "text_read")
	number, _ := new(big.Int).SetString(found, 10)
	v.require(attempt(func() { s = envelope(octets(number.Bytes())).open() }), "unreadable", "decoded")
	misfit := attempt(func() { by = k.signer(s) })
	over := now > int64(get[uint64](k.newest.content, 2))
	v.require(pick(misfit == "unknown_key", misfit, ""), "unknown_key", pick(over, "keyring_expired", "key_found"))
	v.require(misfit, "forged", "signature_ok")
	size := uint64(unplaced)
	unproven := attempt(func() { size = k.prove(s.entry()) + 1 })
	if doubt := attempt(func() { s.checkUse(by); checkState(by, size) }); doubt == "key_retired" {
		v.note("not_done", doubt)
	} else {
		v.require(doubt, "key_not_trusted", "key_trusted")
	}
	v.require(attempt(func() {
		must(s.kind == certificate, "not_a_certificate")
		s.check()
		programmes := index(k.newest.content, 5, 1)
		must(!slip(string(get[octets](s.claims, cti)), programmes), "number_check")
		must(programmes[s.text(3)] != nil, "unknown_programme")
	}), "malformed", "claims_ok")
	v.note("not_done", "register_not_asked")
	code := k.stand(s, asOf, size)
	status := pick(code == "status_by_snapshot", "valid", strings.TrimPrefix(code, "status_"))
	shown := k.shown(s)
	if v.certificate = shown; status == code {
		v.note("not_done", code)
	} else {
		shown["status"] = status
		v.require(pick(status == "valid", "", code), status, code)
	}
	v.note(pick(unproven == "", "pass", "not_done"), pick(unproven == "", "logged", pick(k.receipt == nil, unproven, "receipt_bad")))
}

func moment(seconds int64) string { return time.Unix(seconds, 0).UTC().Format(time.RFC3339) }

func names(item fields) object { return object{"zh": item.under("zh"), "en": item.under("en")} }

// shown is a certificate as a verdict shows it.
func (k *known) shown(s *statement) object {
	of, all, issuers := index(k.newest.content, 5, 1)[s.text(3)], index(k.newest.content, 4, 1), []object{}
	for _, id := range get[[]any](of, 8) {
		issuers = append(issuers, names(get[fields](all[id], 2)))
	}
	found := object{
		"number": get[octets](s.claims, cti), "holder": s.text(1), "id_hint": s.text(2), "issuers": issuers,
		"programme": object{"code": s.text(3), "name": names(get[fields](of, 2)), "level": names(get[fields](of, 3)),
			"occupation": get[any](of, 4)},
		"exam":      object{"code": s.text(3) + "-" + s.text(4), "title": nil, "held_on": nil},
		"issued_at": moment(s.begins()), "status": nil, "status_since": nil, "reason": nil,
		"expires_at":  pick[any](has(s.claims, expiry), moment(int64(get[uint64](s.claims, expiry))), nil),
		"replaced_by": nil,
	}
	if has(s.content, 6) {
		found["registered_at"] = moment(s.issuedAt())
	}
	return found
}

// judge gives a verdict's JSON, or refuses a question that cannot be answered.
func (k *known) judge(text string) object {
	now, v := k.clock, &verdict{}
	for _, known := range []int64{k.newest.issuedAt(), takenAt(k.snapshot)} {
		now = pick(known > now, known, now)
	}
	asOf := *pick(k.asOf == nil, &now, k.asOf)
	must(k.snapshot == nil || asOf >= takenAt(k.snapshot), "as_of_before_snapshot")
	attempt(func() { k.run(v, text, now, asOf) })
	for len(v.checks) < len(steps) {
		v.note("not_done", "not_reached")
	}
	found := object{"outcome": v.outcome, "status_now": nil, "checked_at": moment(now), "as_of": moment(asOf),
		"checks": v.checks, "certificate": v.certificate, "snapshot": nil}
	if k.snapshot != nil {
		found["snapshot"] = object{"taken_at": moment(takenAt(k.snapshot)), "log_size": sizeOf(k.snapshot)}
	}
	return found
}

// ---- The command ----

const usage = `Judges certificates without a network, each by the text of its QR code, and prints a line of JSON for each.

  verifier [-as-of SECONDS] [-clock SECONDS] ROOT FOLDER TEXT ...

ROOT is the thumbprint of the centre's first root key, 64 hexadecimal digits, which comes from the centre itself. FOLDER has
files as the centre serves them: /.well-known/yinjian/keyring and, where they are there, /.well-known/yinjian/snapshot (without
it nothing is known of what was revoked), /log/checkpoint (no snapshot goes beyond it), before (the snapshot that was taken
before this one) and receipt (a tlog-proof or COSE Receipt of the certificate). SECONDS are counted from 1970.
Exit: 0 all are valid, 1 some are not, 2 wrong usage, or a keyring or checkpoint that is not believed.
`

func main() {
	k := &known{unknown: "register_not_asked"}
	flag.Int64Var(&k.clock, "clock", time.Now().Unix(), "")
	asOf := flag.Int64("as-of", -1, "")
	flag.Usage = func() { fmt.Fprint(flag.CommandLine.Output(), usage) }
	flag.Parse()
	root, err := hex.DecodeString(flag.Arg(0))
	if err != nil || len(root) != 32 || flag.NArg() < 3 {
		flag.Usage()
		os.Exit(2)
	}
	take := func(name string, use func(data octets)) {
		data, err := os.ReadFile(filepath.Join(flag.Arg(1), name))
		if os.IsNotExist(err) && name != "keyring" {
			return
		}
		if code := attempt(func() { must(err == nil, fmt.Sprint(err)); use(octets(data)) }); code != "" {
			fmt.Fprintf(os.Stderr, "%s: %s\n", name, code)
			os.Exit(2)
		}
	}
	take("keyring", func(data octets) { k.chain = follow(data, octets(root)) })
	take("checkpoint", func(data octets) { size, _ := k.checkpoint(string(data)); k.logSize = &size })
	take("before", func(data octets) { k.before = k.believe(data).content })
	take("snapshot", func(data octets) { k.take(data) })
	take("receipt", func(data octets) { k.receipt = (*string)(&data) })
	k.asOf = pick(*asOf < 0, nil, asOf)
	worst, out := 0, json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for _, text := range flag.Args()[2:] {
		answer := object{}
		if code := attempt(func() { answer = k.judge(text) }); code != "" {
			answer = object{"refused": code}
		}
		worst = pick(answer["outcome"] == "valid", worst, 1)
		out.Encode(answer)
	}
	os.Exit(worst)
}
