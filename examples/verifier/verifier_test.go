package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var (
	vectors = flag.String("vectors", "../../tests/vectors/project", "the `FOLDER` of docs/spec/vectors.md")
	edges   = flag.String("edges", "../../tests/interop/vectors", "the `FOLDER` of others' signatures")
)

// hexed is written in hexadecimal.
type hexed octets

func (h *hexed) UnmarshalText(text []byte) error {
	data, err := hex.DecodeString(string(text))
	*h = hexed(data)
	return err
}

// A vector is one case, with every member that a case of any file run here may have.
type vector struct {
	Class, Name, Kind, Chain, Text, Qr, Note string
	Digits, Receipt                          *string
	Ours, Begins                             bool
	Refused                                  string
	Keyrings                                 []hexed
	Entry, Cose                              hexed
	Statement, Snapshot                      *hexed
	ReceiptCose                              *hexed `json:"receipt_cose"`
	TlogProof                                string `json:"tlog_proof"`
	Clock                                    int64
	AsOf                                     *int64  `json:"as_of"`
	LogSize                                  *uint64 `json:"log_size"`
	KeptSize                                 uint64  `json:"kept_size"`
	KeptTakenAt                              uint64  `json:"kept_taken_at"`
	Expect                                   any
}

type file struct {
	Format         int
	Runner, Origin string
	Root, Keyring  hexed
	Keyrings       []hexed
	Chains         map[string][]hexed
	Cases          []vector
	Checkpoints    []vector
	TlogProofs     []vector `json:"tlog_proofs"`
	CoseReceipts   []vector `json:"cose_receipts"`
	Consistency    any      // for monitors
	Entries        any
	VerifierKey    any `json:"verifier_key"`
}

func load(t *testing.T, folder, name string, into any) *json.Decoder {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, name))
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(name, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	return decoder
}

// read stops at a format, a runner or a member that is not known.
func read(t *testing.T, name, runner string) (found file) {
	t.Helper()
	err := load(t, *vectors, name, &found).Decode(&file{})
	if err != nil || found.Format != 1 || found.Runner != runner {
		t.Fatal(name, found.Format, found.Runner, err)
	}
	return found
}

// sequence is a chain's keyrings, one behind the other.
func sequence(keyrings []hexed) (data octets) {
	for _, each := range keyrings {
		data += octets(each)
	}
	return data
}

// answer is what a run gives, or the code of its refusal, as JSON has it; at most a second may pass.
func answer(t *testing.T, refused string, run func() object) any {
	t.Helper()
	var given any
	begun, result := time.Now(), object{}
	if code := attempt(func() { result = run() }); code != "" {
		result = object{refused: code}
	}
	if passed := time.Since(begun); passed > time.Second {
		t.Error("it took", passed)
	}
	data, err := json.Marshal(result)
	if err != nil || json.Unmarshal(data, &given) != nil {
		t.Error(err)
	}
	return given
}

// compare runs every case, and counts them.
func compare(t *testing.T, cases []vector, run func(each vector) (given, expected any)) {
	t.Helper()
	if len(cases) == 0 {
		t.Error("there are no cases")
	}
	for _, each := range cases {
		if given, expected := run(each); !reflect.DeepEqual(given, expected) {
			t.Errorf("%s %s %s: %v, where %v is expected", each.Kind, each.Class, each.Name, given, expected)
		}
	}
	t.Log("cases:", len(cases))
}

func TestChains(t *testing.T) {
	all := read(t, "chains.json", "chain")
	compare(t, all.Cases, func(each vector) (given, expected any) {
		return answer(t, "code", func() object {
			c := follow(sequence(each.Keyrings), octets(all.Root))
			return object{"code": nil, "version": get[uint64](c.newest.content, 1)}
		}), each.Expect
	})
}

func TestStatements(t *testing.T) {
	all := read(t, "statements.json", "statement")
	c, kinds := follow(sequence(all.Keyrings), octets(all.Root)), map[string]int{}
	compare(t, all.Cases, func(each vector) (given, expected any) {
		kinds[each.Kind]++
		return answer(t, "code", func() object {
			s := c.believe(octets(*each.Statement))
			return object{"code": nil, "kind": s.kind, "entry": hex.EncodeToString([]byte(s.entry()))}
		}), each.Expect
	})
	t.Log("by kind:", kinds)
	for _, name := range []string{"certificate", "change", "pass_list_notice", "pass_list_final", "lookup_index", "keyring", "snapshot", "erasure", "document", "document_status"} {
		if kinds[name] == 0 {
			t.Error("no case of", name)
		}
	}
}

func TestTexts(t *testing.T) {
	compare(t, read(t, "qr_text.json", "text").Cases, func(each vector) (given, expected any) {
		if each.Digits == nil {
			code := attempt(func() { digits(each.Text) })
			return code, pick(each.Begins, "altered", "not_a_qr_text")
		}
		found, ours := digits(each.Text)
		return object{"digits": found, "ours": ours}, object{"digits": *each.Digits, "ours": each.Ours}
	})
}

// beside is what is at hand in a case of a file with chains.
func beside(all file, each vector) (k *known, refused string) {
	k = &known{chain: follow(sequence(all.Chains[each.Chain]), octets(all.Root)), logSize: each.LogSize, clock: each.Clock, asOf: each.AsOf, unknown: "register_not_asked"}
	k.before = fields{{uint64(1), each.KeptTakenAt}, {uint64(2), each.KeptSize}}
	if k.receipt = each.Receipt; each.ReceiptCose != nil {
		text := string(*each.ReceiptCose)
		k.receipt = &text
	}
	if each.Snapshot != nil {
		refused = k.take(octets(*each.Snapshot))
	}
	return k, refused
}

func TestSnapshots(t *testing.T) {
	all := read(t, "snapshots.json", "snapshot")
	compare(t, all.Cases, func(each vector) (given, expected any) {
		return answer(t, "code", func() object {
			k, refused := beside(all, each)
			must(refused == "", refused)
			return object{"code": nil, "taken_at": takenAt(k.snapshot), "log_size": sizeOf(k.snapshot)}
		}), each.Expect
	})
}

func TestVerdicts(t *testing.T) {
	all := read(t, "verdicts.json", "verdict")
	compare(t, all.Cases, func(each vector) (given, expected any) {
		return answer(t, "refused", func() object {
			k, _ := beside(all, each)
			found, checks := k.judge(each.Qr), []any{}
			for _, check := range found["checks"].([]object) {
				checks = append(checks, []any{check["result"], check["code"]})
			}
			found["checks"] = checks
			return found
		}), each.Expect
	})
}

func TestLog(t *testing.T) {
	all := read(t, "log.json", "receipts")
	c := follow(octets(all.Keyring), octets(all.Root))
	if c.origin != all.Origin {
		t.Error(c.origin)
	}
	run := func(cases []vector, show func(each vector)) {
		compare(t, cases, func(each vector) (given, expected any) {
			return attempt(func() { show(each) }), each.Refused
		})
	}
	run(all.Checkpoints, func(each vector) { c.checkpoint(each.Note) })
	run(all.TlogProofs, func(each vector) { c.tlogProof(octets(each.TlogProof), string(each.Entry)) })
	run(all.CoseReceipts, func(each vector) { c.coseReceipt(octets(each.Cose), string(each.Entry)) })
}

// Signatures at the edges of Ed25519, which libraries decide otherwise: docs/spec/statement.md, The signature.
func TestSignatures(t *testing.T) {
	var wycheproof struct {
		Groups []struct {
			Public hexed
			Tests  []struct {
				Msg, Sig hexed
				Result   string
			}
		}
	}
	var cctv struct {
		Vectors []struct {
			Key, Sig hexed
			Msg      string
			Flags    []string
		}
	}
	judged := map[bool]int{}
	judge := func(public, message, signature hexed, expected bool) {
		good := sound(octets(public)) && fits(octets(public), octets(message), octets(signature))
		judged[good]++
		if good != expected {
			t.Errorf("%x %x %x: %v", public, message, signature, good)
		}
	}
	load(t, *edges, "ed25519_wycheproof.json", &wycheproof)
	for _, group := range wycheproof.Groups {
		for _, each := range group.Tests {
			judge(group.Public, each.Msg, each.Sig, each.Result == "valid")
		}
	}
	load(t, *edges, "ed25519_cctv.json", &cctv)
	taken := map[string]bool{"low_order_R": true, "low_order_component_R": true, "low_order_component_A": true}
	for _, each := range cctv.Vectors {
		other := filter(each.Flags, func(flag string) bool { return !taken[flag] })
		judge(each.Key, hexed(each.Msg), each.Sig, len(other) == 0)
	}
	t.Log("cases:", judged[true]+judged[false], "good:", judged[true])
}

// Whatever the bytes are, reading them ends at once, in a refusal or none: every good vector with each of its bytes
// altered, cut off there, and doubled from there on, as a payload whose signature is not asked for.
func TestMutants(t *testing.T) {
	all := read(t, "statements.json", "statement")
	refused := map[string]int{}
	for _, each := range all.Cases {
		if each.Class != "good" {
			continue
		}
		s := envelope(octets(*each.Statement))
		for at := range s.payload {
			for _, payload := range []octets{s.payload[:at], s.payload[:at] + octets(s.payload[at]^0x21) + s.payload[at+1:], s.payload + s.payload[at:]} {
				altered := statement{payload: payload}
				refused[attempt(func() { altered.open().check() })]++
			}
		}
	}
	// Heads that promise more than there is, and depth without end.
	for _, bytes := range []string{"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", "\xbb\x7f\xff\xff\xff\xff\xff\xff\xff", "\x5b\xff\xff\xff\xff\xff\xff\xff\xff", strings.Repeat("\x81", 1<<20)} {
		refused[attempt(func() { decode(octets(bytes), "") })]++
	}
	t.Log(refused)
	for _, code := range []string{"", "truncated", "trailing", "too_deep", "not_canonical", "not_a_statement", "newer_format", "malformed"} {
		if refused[code] == 0 {
			t.Error("no mutant is", code)
		}
	}
}
