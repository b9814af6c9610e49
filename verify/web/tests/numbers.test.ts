import assert from "node:assert/strict";
import { test } from "node:test";
import identity from "../../../tests/vectors/contract/identity.json";
import numbers from "../../../tests/vectors/contract/numbers.json";
import { compact, isIdSlip, isSlip, residentFault } from "../src/numbers";

const PROGRAMMES = ["CEM", "CAM", "X1"];

test("the contract's numbers have no slip, and its slips do", () => {
  for (const number of numbers.good) assert.equal(isSlip(number, PROGRAMMES), false, number);
  for (const number of numbers.slips) assert.equal(isSlip(number, PROGRAMMES), true, number);
});

test("every typed form of a number is that number", () => {
  for (const typed of numbers.typed) assert.equal(compact(typed), numbers.good[0]);
});

test("only small letters of ASCII become capitals, and what nobody sees is left out", () => {
  assert.equal(compact("aß\u00e9z\u200b\ufe0f\u3164\u034f 1\u22122"), "Aß\u00e9Z12");
});

test("a number that is not of the default shape, or still being typed, has no slip", () => {
  for (const text of ["", "CEM2204", "CEM22040000011I", "A1234", "ZZZ2204000001A"]) {
    assert.equal(isSlip(text, PROGRAMMES), false, text);
  }
});

test("the contract's resident numbers are told from those that are none", () => {
  for (const [text, valid] of identity.id_numbers as [string, boolean][]) {
    assert.equal(residentFault(text) === null, valid, text);
  }
});

test("of an ID number that is being typed nothing is said", () => {
  for (const text of ["", "9901011990022812", "990101851301123"]) assert.equal(isIdSlip(text), false);
  assert.equal(isIdSlip("990101199002281230"), true);
  assert.equal(isIdSlip("99010119900228123x"), true);
  assert.equal(isIdSlip("990101 19900228 1232"), false);
});
