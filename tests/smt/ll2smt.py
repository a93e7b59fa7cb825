#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
"""Claims in LLVM IR, proved for all arguments by a solver of bit-vector logic.

Usage: ll2smt.py [--seconds N] FILE.ll

Each function claim_*() of the file must return 1 for all arguments. Its IR must be what an
optimiser leaves of code without side effects: integer operations, branches that go forward, loads
from constant arrays. Each value becomes a definition in SMT-LIB; a block is reached when one of the
edges to it is taken, and a phi takes the value of the edge that was. undef is any value. Whatever
is not understood ends the translation: nothing is left out in silence.

One line for each claim; the last line is "N passed, N failed".
"""

import re
import subprocess
import sys

BINARY = {"and": "bvand", "or": "bvor", "xor": "bvxor", "add": "bvadd", "sub": "bvsub",
          "mul": "bvmul", "shl": "bvshl", "lshr": "bvlshr", "ashr": "bvashr",
          "udiv": "bvudiv", "urem": "bvurem"}
COMPARE = {"ult": "bvult", "ule": "bvule", "ugt": "bvugt", "uge": "bvuge",
           "slt": "bvslt", "sle": "bvsle", "sgt": "bvsgt", "sge": "bvsge"}
# What else is known of operands. A result without the flag is one of those with it (poison is any).
FLAGS = r"(?:(?:nuw|nsw|exact|disjoint|nneg|samesign) )*"


class Unknown(Exception):
    pass


def literal(value, width):
    return "(_ bv%d %d)" % (value & ((1 << width) - 1), width)


def size_of(kind):
    """Bytes of an integer, or of an array of these."""
    match = re.fullmatch(r"((?:\[\d+ x )*)i(\d+)\]*", kind)
    if not match or int(match.group(2)) % 8:
        raise Unknown("the size of " + kind)
    size = int(match.group(2)) // 8
    for count in re.findall(r"\d+", match.group(1)):
        size *= int(count)
    return size


class Claim:
    """One function."""

    def __init__(self, name, params, blocks, order, arrays):
        self.name = name
        self.params = params
        self.blocks = blocks
        self.order = order
        self.arrays = arrays
        self.lines = []
        self.width = {}
        self.pointers = {}
        self.edges = {}
        self.returns = []
        self.nr_free = 0

    def fresh(self, width):
        self.nr_free += 1
        name = "free%d" % self.nr_free
        self.lines.append("(declare-const %s (_ BitVec %d))" % (name, width))
        return name

    def value(self, text, width):
        text = text.strip()
        if text.startswith("%"):
            if self.width.get(text) != width:
                raise Unknown("%s of %s is no i%d" % (self.name, text, width))
            return "|%s|" % text
        if text in ("undef", "poison"):
            return self.fresh(width)
        if text in ("true", "false"):
            return literal(text == "true", 1)
        if re.fullmatch(r"-?\d+", text):
            return literal(int(text), width)
        raise Unknown("value %s" % text)

    def define(self, name, width, expr):
        self.width[name] = width
        self.lines.append("(define-fun |%s| () (_ BitVec %d) %s)" % (name, width, expr))

    def go(self, source, target, condition):
        self.edges.setdefault(target, []).append((source, condition))

    def instruction(self, name, text):
        match = re.fullmatch(r"(\w+) " + FLAGS + r"i(\d+) (\S+), (\S+)", text)
        if match and match.group(1) in BINARY:
            width = int(match.group(2))
            return self.define(name, width, "(%s %s %s)" % (
                BINARY[match.group(1)], self.value(match.group(3), width),
                self.value(match.group(4), width)))
        match = re.fullmatch(r"icmp " + FLAGS + r"(\w+) i(\d+) (\S+), (\S+)", text)
        if match:
            width = int(match.group(2))
            a, b = self.value(match.group(3), width), self.value(match.group(4), width)
            test = {"eq": "(= %s %s)", "ne": "(not (= %s %s))"}.get(match.group(1))
            test = test % (a, b) if test else "(%s %s %s)" % (COMPARE[match.group(1)], a, b)
            return self.define(name, 1, "(ite %s #b1 #b0)" % test)
        match = re.fullmatch(r"select i1 (\S+), i(\d+) (\S+), i\d+ (\S+)", text)
        if match:
            width = int(match.group(2))
            return self.define(name, width, "(ite (= %s #b1) %s %s)" % (
                self.value(match.group(1), 1), self.value(match.group(3), width),
                self.value(match.group(4), width)))
        match = re.fullmatch(r"(zext|sext|trunc) " + FLAGS + r"i(\d+) (\S+) to i(\d+)", text)
        if match:
            old, new = int(match.group(2)), int(match.group(4))
            a = self.value(match.group(3), old)
            if match.group(1) == "trunc":
                return self.define(name, new, "((_ extract %d 0) %s)" % (new - 1, a))
            how = "zero_extend" if match.group(1) == "zext" else "sign_extend"
            return self.define(name, new, "((_ %s %d) %s)" % (how, new - old, a))
        match = re.fullmatch(r"freeze i(\d+) (\S+)", text)
        if match:
            width = int(match.group(1))
            return self.define(name, width, self.value(match.group(2), width))
        return self.memory_or_call(name, text)

    def memory_or_call(self, name, text):
        match = re.fullmatch(r"getelementptr (?:(?:inbounds|nusw|nuw) )*([^,]+), "
                             r"(?:ptr|[^,]+\*) (@[\w.]+|%[-\w.$]+)((?:, i\d+ [^,]+)+)", text)
        if match:
            return self.address(name, *match.groups())
        match = re.fullmatch(r"load i(\d+), (?:ptr|i\d+\*) (@[\w.]+|%[-\w.$]+), align \d+"
                             r"(, !\w+ !\d+)*", text)
        if match:
            width = int(match.group(1))
            array, offset = self.pointer(match.group(2))
            if self.arrays.get(array, (0, []))[0] != width:
                raise Unknown("array %s" % array)
            expr = self.fresh(width)  # beyond the array, or between two entries: anything
            for i, entry in enumerate(self.arrays[array][1]):
                expr = "(ite (= %s %s) %s %s)" % (offset, literal(i * (width // 8), 64),
                                                  literal(entry, width), expr)
            return self.define(name, width, expr)
        match = re.fullmatch(r"(?:tail )?call i(\d+) @llvm\.(\w+)\.i\d+\((.*)\)(?: #\d+)?", text)
        if match:
            return self.intrinsic(name, int(match.group(1)), match.group(2),
                                  re.findall(r"i\d+ (?:noundef )?([^,]+)", match.group(3)))
        raise Unknown(text)

    def pointer(self, text):
        """(array, offset in bytes)"""
        if text.startswith("@"):
            return text, literal(0, 64)
        if text not in self.pointers:
            raise Unknown("pointer %s" % text)
        return self.pointers[text]

    def address(self, name, kind, base, indices):
        """The first index counts whole objects of that kind, each further one goes into it."""
        array, offset = self.pointer(base)
        for i, (width, text) in enumerate(re.findall(r", i(\d+) ([^,]+)", indices)):
            inner = re.fullmatch(r"\[\d+ x (.*)\]", kind)
            if i and not inner:
                raise Unknown("an index into " + kind)
            kind = inner.group(1) if i else kind
            index = "((_ sign_extend %d) %s)" % (64 - int(width), self.value(text, int(width)))
            offset = "(bvadd %s (bvmul %s %s))" % (offset, index, literal(size_of(kind), 64))
        self.pointers[name] = array, offset

    def intrinsic(self, name, width, what, args):
        if what in ("fshl", "fshr") and len(args) == 3 and re.fullmatch(r"\d+", args[2]):
            by = int(args[2]) % width
            by = by if what == "fshl" else width - by
            both = "(concat %s %s)" % (self.value(args[0], width), self.value(args[1], width))
            return self.define(name, width, "((_ extract %d %d) %s)" % (
                2 * width - 1 - by, width - by, both))
        if what in ("umin", "umax") and len(args) == 2:
            a, b = self.value(args[0], width), self.value(args[1], width)
            test = "bvult" if what == "umin" else "bvugt"
            return self.define(name, width, "(ite (%s %s %s) %s %s)" % (test, a, b, a, b))
        raise Unknown("intrinsic " + what)

    def phi(self, name, text):
        match = re.fullmatch(r"phi i(\d+) (.*)", text)
        width = int(match.group(1))
        values = {source: value for value, source in
                  re.findall(r"\[ ([^,]+), (%[-\w.$]+) \]", match.group(2))}
        block_edges = self.edges[self.here]
        expr = None
        for source, condition in block_edges:
            value = self.value(values[source], width)
            expr = value if expr is None else "(ite %s %s %s)" % (condition, value, expr)
        self.define(name, width, expr)

    def terminator(self, text):
        reach = "|reach %s|" % self.here
        match = re.fullmatch(r"ret i1 (\S+)", text)
        if match:
            self.returns.append((reach, self.value(match.group(1), 1)))
            return True
        match = re.fullmatch(r"br label (%[-\w.$]+)(, !.*)?", text)
        if match:
            self.go(self.here, match.group(1), reach)
            return True
        match = re.fullmatch(r"br i1 (\S+), label (%[-\w.$]+), label (%[-\w.$]+)(, !.*)?", text)
        if match:
            test = "(= %s #b1)" % self.value(match.group(1), 1)
            self.go(self.here, match.group(2), "(and %s %s)" % (reach, test))
            self.go(self.here, match.group(3), "(and %s (not %s))" % (reach, test))
            return True
        match = re.fullmatch(r"switch i(\d+) (\S+), label (%[-\w.$]+) \[(.*)\](, !.*)?", text)
        if match:
            width = int(match.group(1))
            a = self.value(match.group(2), width)
            others = []
            for case, target in re.findall(r"i\d+ (-?\d+), label (%[-\w.$]+)", match.group(4)):
                test = "(= %s %s)" % (a, literal(int(case), width))
                others.append(test)
                self.go(self.here, target, "(and %s %s)" % (reach, test))
            self.go(self.here, match.group(3), "(and %s (not (or false %s)))" % (
                reach, " ".join(others)))
            return True
        return text == "unreachable"

    def translate(self):
        for name, width in self.params:
            self.width[name] = width
            self.lines.append("(declare-const |%s| (_ BitVec %d))" % (name, width))
        for self.here in self.order:
            edges = self.edges.get(self.here, [])
            test = "(or false %s)" % " ".join(c for _, c in edges)
            if self.here == self.order[0]:
                test = "true"
            self.lines.append("(define-fun |reach %s| () Bool %s)" % (self.here, test))
            for text in self.blocks[self.here]:
                match = re.fullmatch(r"(%[-\w.$]+) = (.*)", text)
                if match and match.group(2).startswith("phi "):
                    self.phi(match.group(1), match.group(2))
                elif match:
                    self.instruction(match.group(1), match.group(2))
                elif not self.terminator(text):
                    raise Unknown(text)
        good = " ".join("(and %s (= %s #b1))" % r for r in self.returns)
        self.lines.append("(assert (not (or false %s)))" % good)
        return "\n".join(["(set-logic QF_BV)"] + self.lines + [
            "(check-sat)", "(get-value (%s))" % " ".join("|%s|" % p for p, _ in self.params)])


def targets(text):
    return re.findall(r"label (%[-\w.$]+)", text)


def forward(blocks, entry, name):
    """Blocks in an order in which every edge goes forward."""
    order, state, stack = [], {}, [(entry, iter(targets(blocks[entry][-1])))]
    state[entry] = 1
    while stack:
        block, rest = stack[-1]
        for target in rest:
            if state.get(target) == 1:
                raise Unknown("a loop in " + name)
            if target not in state:
                state[target] = 1
                stack.append((target, iter(targets(blocks[target][-1]))))
                break
        else:
            state[block] = 2
            order.append(block)
            stack.pop()
    return order[::-1]


def bytes_of(text):
    """The inside of an LLVM string."""
    parts = re.findall(r"\\([0-9A-Fa-f]{2})|(.)", text)
    return [int(h, 16) if h else ord(c) for h, c in parts]


def arrays_of(source):
    arrays = {}
    for name, count, width, init in re.findall(
            r"^(@[\w.]+) = [^\n]*?constant \[(\d+) x i(\d+)\] ([^\n]+?)(?:, align \d+)?$",
            source, re.M):
        if init.startswith('c"'):
            values = bytes_of(init[2:init.rindex('"')])
        elif init == "zeroinitializer":
            values = [0] * int(count)
        else:
            values = [int(v) for v in re.findall(r"i\d+ (-?\d+)", init)]
        if len(values) == int(count):
            arrays[name] = (int(width), values)
    for name, count, width, init in re.findall(
            r"^(@[\w.]+) = [^\n]*?constant \[\d+ x \[(\d+) x i(\d+)\]\] "
            r"\[([^\n]+)\](?:, align \d+)?$", source, re.M):
        rows = [bytes_of(row) for row in re.findall(r'c"((?:[^"\\]|\\..)*)"', init)]
        if width == "8" and all(len(row) == int(count) for row in rows):
            arrays[name] = (8, sum(rows, []))
    return arrays


def claims_of(source):
    arrays = arrays_of(source)
    for match in re.finditer(r"^define [^\n]*i1 @(claim_\w+)\(([^\n]*?)\)[^\n]*\{\n(.*?)^\}", source,
                             re.M | re.S):
        params = [(p, int(w)) for w, p in re.findall(r"i(\d+) (?:\w+ )*(%[-\w.$]+)", match.group(2))]
        if len(params) != len(match.group(2).split(",")):
            raise Unknown("parameters of " + match.group(1))
        # a switch spans lines
        body = re.sub(r"\[\n(.*?)\n *\]", lambda m: "[" + m.group(1).replace("\n", " ") + "]",
                      match.group(3), flags=re.S)
        blocks, here = {}, None
        for line in body.split("\n"):
            line = re.sub(r"\s*;.*", "", line).rstrip()
            label = re.fullmatch(r'([-\w.$]+):', line)
            if label:
                here = "%" + label.group(1)
                blocks[here] = []
            elif line:
                if here is None:
                    raise Unknown("a block without a name")
                blocks[here].append(line.strip())
        entry = next(iter(blocks))
        yield Claim(match.group(1), params, blocks, forward(blocks, entry, match.group(1)), arrays)


def prove(claim, seconds):
    result = subprocess.run(["z3", "-in", "-T:%d" % seconds], input=claim.translate(), text=True,
                            capture_output=True, check=False)
    verdict = result.stdout.split("\n")[0]
    if verdict == "sat":
        return "is false:" + "".join(" %s=%s" % v for v in re.findall(
            r"\(\|%([-\w.]+)\| #([xb][0-9a-f]+)\)", result.stdout))
    return "" if verdict == "unsat" else "undecided: " + result.stdout[:300]


def main():
    args = sys.argv[1:]
    seconds = 120
    if args[:1] == ["--seconds"]:
        seconds = int(args[1])
        args = args[2:]
    with open(args[0], encoding="ascii") as file:
        source = file.read()
    passed = failed = 0
    try:
        for claim in claims_of(source):
            why = prove(claim, seconds)
            passed += not why
            failed += bool(why)
            print("%s %s" % (claim.name, why or "holds"))
    except (Unknown, KeyError) as unknown:
        print("not understood: %s" % unknown)
        failed += 1
    if passed + failed != len(re.findall(r"^define [^\n]*@claim_", source, re.M)):
        failed += 1
        print("claims without a verdict")
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
