#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
"""Does each derived litmus sequence have a mutant of its own, or a reason?

usage: needed.py [--suite]

A sequence of tests/litmus that is labelled "derived" is needed when it alone kills some mutant of
the model: needed.txt names one, as tools/mutants --needed --record found it. Any other one says why
it is here: "Stays:" in the comment right before it. Fails when a derived sequence has neither or
both, when two give the same reason, and when needed.txt names what is not there any more: a
sequence, a line of the model. That the mutants do what it says is for tools/mutants --recorded.

--suite tries that itself on small mistakes as well, and closes with "N passed, N failed".
"""
import collections
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LITMUS = "tests/litmus"
RECORDS = "tests/mutants/needed.txt"

Sequence = collections.namedtuple("Sequence", "name label stays file")
# The mutant: line @old of @function in @file becomes @new.
Record = collections.namedtuple("Record", "name file function old new")


def lines_of(path, root=ROOT):
    with open(os.path.join(root, path), encoding="utf-8") as f:
        return f.read().split("\n")


def sequences_in(lines, file=""):
    """@stays: the reason in the comment right before it, "" without one."""
    comment = []
    for line in lines:
        m = re.match(r"test (\S+) (\S+)$", line)
        if m:
            text = " ".join(comment)
            at = text.find("Stays:")
            yield Sequence(m[1], m[2], text[at + 6:].strip() if at >= 0 else "", file)
        comment = comment + [line[1:].strip()] if line.startswith("#") else []


def sequences(root=ROOT):
    """In the order of the files."""
    return [s for name in sorted(os.listdir(os.path.join(root, LITMUS))) if name.endswith(".lit")
            for s in sequences_in(lines_of(f"{LITMUS}/{name}", root), name)]


def records(root=ROOT):
    rows = [x.split("\t") for x in lines_of(RECORDS, root) if x and not x.startswith("#")]
    for row in rows:
        if len(row) != len(Record._fields):
            sys.exit(f"{RECORDS}: {row}")
    return [Record(*r) for r in rows]


def functions_of(lines):
    """For each line the name of the function whose body it is in, or of the table; "" outside."""
    found, name, body = [], "", False
    for line in lines:
        if body and re.match(r"\};?$", line):
            body = False
        found.append(name if body else "")
        if not body:
            m = (re.match(r"[a-z].*?(\w+)\(", line) or
                 re.match(r"[a-z}].*?(\w+)(?:\[.*\])? = \{$", line))
            name = m[1] if m else name
            body = line == "{" or bool(m and line.endswith("= {"))
    return found


def places(record, lines):
    """Numbers of the lines that it may mean, from 0. FUNCTION:2 is the second such line of it."""
    name, _, nth = record.function.partition(":")
    found = [n for n, (line, function) in enumerate(zip(lines, functions_of(lines)))
             if function == name and line.strip() == record.old]
    return found[int(nth) - 1:int(nth)] if nth else found


def problems(sequences_, records_, source):
    """@source: path to lines; what it raises OSError for is not there."""
    derived = [s for s in sequences_ if s.label == "derived"]
    reasons = collections.Counter(s.stays for s in derived if s.stays)
    recorded = collections.Counter(r.name for r in records_)
    names = collections.Counter(s.name for s in derived)
    for s in derived:
        if names[s.name] > 1:
            yield f"{s.name}: more than one of that name"
        if not s.stays and not recorded[s.name]:
            yield f"{s.name}: kills no mutant of its own, and does not say why it stays"
        if s.stays and recorded[s.name]:
            yield f"{s.name}: says why it stays, and is in {RECORDS}"
        if reasons[s.stays] > 1:
            yield f"{s.name}: another one stays for the same reason"
    for r in records_:
        if not names[r.name]:
            yield f"{r.name}: in {RECORDS}, and no derived sequence"
        if recorded[r.name] > 1:
            yield f"{r.name}: more than once in {RECORDS}"
        try:
            found = len(places(r, source(r.file)))
        except OSError:
            yield f"{r.name}: its mutant is in {r.file}, and there is no such file"
            continue
        if found != 1:
            yield f"{r.name}: the line of its mutant is {found} times in {r.function}() of {r.file}"


# Self-test --------------------------------------------------------------------------------------

LIT = """\
# Stays: for one reason,
# and for another.
test kept derived
end
# no reason

# Stays: of somebody else
test shown manual
end
test alone derived
end"""
SOURCE = """\
static int one(int a,
	       int b)
{
	return a == b;
}

static const char three[] = {
	[1] = 3,
};

int two(void)
{
	return 2;
	return 2;
}"""
ALONE = ["alone", "a.c", "one", "return a == b;", "return a != b;"]


def tried(lit=LIT, rows=(ALONE,), source=SOURCE):
    """What is wrong with it, the names only"""
    files = {"a.c": source.split("\n")}

    def read(path):
        if path not in files:
            raise FileNotFoundError(path)
        return files[path]

    found = problems(list(sequences_in(lit.split("\n"))), [Record(*r) for r in rows], read)
    return sorted({f.partition(":")[0] for f in found})


def changed(**what):
    return (Record(*ALONE)._replace(**what),)


def self_test():
    read = list(sequences_in(LIT.split("\n")))
    cases = [
        ("the reason is read", [read[0].stays, read[2].stays], ["for one reason, and for another.",
                                                                  ""]),
        ("all is well", tried(LIT), []),
        ("no mutant and no reason", tried(rows=()), ["alone"]),
        ("the reason is not right before it",
         tried(LIT.replace("another.\n", "another.\n\n")), ["kept"]),
        ("a mutant and a reason", tried(rows=(ALONE, ["kept", *ALONE[1:]])), ["kept"]),
        ("one reason for two", tried(LIT + "\n# Stays: for one reason, and for another.\n"
                                              "test third derived\nend"), ["kept", "third"]),
        ("one name for two", tried(LIT + "\ntest alone derived\nend"), ["alone"]),
        ("no such sequence", tried(rows=(ALONE, ["gone", *ALONE[1:]])), ["gone"]),
        ("not a derived one", tried(rows=(ALONE, ["shown", *ALONE[1:]])), ["shown"]),
        ("twice", tried(rows=(ALONE, ALONE)), ["alone"]),
        ("a line of a table",
         tried(rows=changed(function="three", old="[1] = 3,", new="[1] = 4,")), []),
        ("no such file", tried(rows=changed(file="b.c")), ["alone"]),
        ("another function", tried(rows=changed(function="two")), ["alone"]),
        ("no such line", tried(source=SOURCE.replace("a == b", "a >= b")), ["alone"]),
        ("the second of them", tried(rows=changed(function="two:2", old="return 2;")), []),
        ("no third one", tried(rows=changed(function="two:3", old="return 2;")), ["alone"]),
        ("two such lines", tried(rows=changed(function="two", old="return 2;")), ["alone"]),
    ]
    for name, got, wanted in cases:
        if got != wanted:
            print(f"FAIL: {name}: wanted {wanted}, got {got}")
    return [got == wanted for _, got, wanted in cases]


def main():
    if sys.argv[1:] not in ([], ["--suite"]):
        sys.exit(__doc__)
    found = list(problems(sequences(), records(), lines_of))
    for f in found:
        print(f)
    if found:
        print("For what has no mutant any more: tools/mutants --recorded --record, then --needed "
              "--record, with --file NAME.c if one file of the model is changed")
    results = [not found]
    if sys.argv[1:]:
        results += self_test()
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
