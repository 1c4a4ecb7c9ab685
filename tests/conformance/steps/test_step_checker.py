"""The checker's reports on source that does and doesn't agree with the spec."""

from dataclasses import replace

import pytest

from conformance.steps.checker import check
from conformance.steps.diff import differences
from conformance.steps.scope import Exclusion
from tests.conformance.steps.synthetic_spec import SOURCE, SPEC, index_of, module_of


def problems(source: str, scope: tuple[Exclusion, ...] = ()) -> list[str]:
    return [str(problem) for problem in check(index_of(), [module_of(source)], scope).problems]


def test_source_that_has_every_step() -> None:
    report = check(index_of(), [module_of()], ())
    assert report.problems == []
    assert (len(report.steps), report.implemented, report.not_applicable) == (7, 6, 1)
    assert {name: [place.line for place in places] for name, places in report.definitions.items()} == {
        "kettle": [4],
        "terms": [4],
        "dom-teapot-full-slot": [7],
    }


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("# 2.\n        self", "# Two.\n        self", "teapot.py:13: dom-teapot-pour: step 2 missing"),
        ("# 1.1. to 1.2.", "# 1.1.", "teapot.py:22: dom-teapot-pour:message: step 1.2 missing"),
        ("# 3. n/a: Python returns.", "# 3. n/a:", "teapot.py:19: n/a needs a reason"),
        ("# 3. n/a: Python returns.", "# 3. n/a", "teapot.py:19: n/a needs a reason"),
        ("# 3. n/a: Python returns.", "# 3.", "teapot.py:19: no code below the step, and no reason (n/a: …)"),
        ("# 3. n/a", "# 4. n/a", "teapot.py:19: dom-teapot-pour: there is no step 4"),
        ("# 1. An", "# 2. An", "teapot.py:17: dom-teapot-pour: step 2 is here and in line 14"),
        ("# 1.1. to", "# 1.2. to", "teapot.py:22: dom-teapot-pour:message: step 1.1 missing"),
        ('"message"', '"work"', "teapot.py:22: dom-teapot-pour has no part 'work'; it has '', 'message'"),
        ("dom-teapot-pour", "dom-teapot-boil", "teapot.py:13: there is no dom-teapot-boil in the spec"),
        ("kettle", "cattle", "teapot.py:4: there is no cattle in the spec"),
        ('@algorithm("dom-teapot-pour")', "", "teapot.py:14: a step outside of an @algorithm function"),
        ("# Spec: kettle, terms\n", "# Spec: kettle, terms\n\n", "teapot.py:4: no code below kettle, and no reason"),
        ("kettle, terms\n", "kettle, terms: n/a:\n", "teapot.py:4: n/a needs a reason"),
        ("#: [[full]]", "#: [[empty]]", "teapot.py:7: there is no slot [[empty]] in the spec"),
        ("#: [[full]]", "#: [[empty]]", "codecmodel:0: dom-teapot-full-slot (section 2.1, attribute) has no code"),
    ],
)
def test_source_that_lacks_something(old: str, new: str, expected: str) -> None:
    assert old in SOURCE
    found = problems(SOURCE.replace(old, new))
    assert any(problem.startswith(expected) for problem in found), found


def test_steps_out_of_place_need_to_say_so() -> None:
    source = SOURCE.replace(
        """        # 2.
        self.queue(self._message)
""",
        "",
    ).replace(
        "        # 1. An empty one.",
        """        # 2.
        self.queue(self._message)
        # 1. An empty one.""",
    )
    assert problems(source) == [
        "teapot.py:16: dom-teapot-pour: step 1 is out of place, as it comes after step 2; "
        "if that is meant, say why: # 1. after 2.: …"
    ]
    explained = source.replace(
        "# 2.\n        self.queue", "# 2. before 1.: the queue checks it, too.\n        self.queue"
    )
    assert problems(explained) == []
    wrong = explained.replace("before 1.:", "before 3.:")
    assert problems(wrong) == ["teapot.py:14: dom-teapot-pour: step 2 is not before step 3"]
    needless = SOURCE.replace("# 2.\n        self.queue", "# 2. after 1.: why not.\n        self.queue")
    assert problems(needless) == ["teapot.py:17: dom-teapot-pour: step 2 need not say that it is after step 1"]


@pytest.mark.parametrize("comment", ["# 2", "# 2 and 3", "# 2.1 to 2.4", "# 2-3.", "# 2.1, 2.2. Stop.", "# 2: Stop."])
def test_what_is_almost_a_step_comment_is_told(comment: str) -> None:
    source = SOURCE.replace("        # 2.\n        self.queue", f"        {comment}\n        self.queue")
    assert [problem for problem in problems(source) if "form of a step comment" in problem] == [
        "teapot.py:17: not in the form of a step comment, which is '# 8.1. and 8.2. A few words.'"
    ]


@pytest.mark.parametrize("comment", ["# 2 cups are enough.", "# Of 2. and 3.", "# A cup\n        # 2 of them"])
def test_prose_is_not_almost_a_step_comment(comment: str) -> None:
    source = SOURCE.replace("        # 2.\n        self.queue", f"        {comment}\n        # 2.\n        self.queue")
    assert problems(source) == []


def test_a_slip_in_a_shared_function_is_one_problem() -> None:
    source = SOURCE.replace('"dom-teapot-pour"', '"dom-teapot-pour", "dom-teapot-spill"')
    source = source.replace("# 2.\n        self", "# Two.\n        self")
    index = index_of()
    index.add(replace(index.entries["dom-teapot-pour"], anchor="dom-teapot-spill"))
    assert [str(problem) for problem in check(index, [module_of(source)], ()).problems] == [
        "teapot.py:13: dom-teapot-pour, dom-teapot-spill: step 2 missing"
    ]


def test_a_block_of_steps_stays_together() -> None:
    source = SOURCE.replace(
        "# 1.1. to 1.2.\n            pour_a_drop()", "# 1.1.\n            a()\n            # 2.\n            b()"
    )
    source = source.replace("        # 2.\n        stop()", "        # 1.2.\n        stop()")
    expected = "steps of '' and of '1' in one function, without the step that they are of"
    assert f"teapot.py:26: dom-teapot-pour:message: {expected}" in problems(source)


def test_what_is_out_of_scope_is_counted_and_not_implemented() -> None:
    later = Exclusion("nobody drinks tea", sections=("2.2",))
    source = SOURCE[: SOURCE.index("    @algorithm")] + "    pass\n"
    report = check(index_of(), [module_of(source)], (later,))
    assert report.problems == []
    assert len(report.out_of_scope[later]) == 7
    assert report.definitions_out_of_scope == {}


def test_what_is_implemented_is_checked_even_if_it_may_be_left_out() -> None:
    later = Exclusion("nobody drinks tea", sections=("2.2",))
    assert problems(SOURCE, (later,)) == ["scope:0: nothing is left out any more because nobody drinks tea"]
    without_message = SOURCE[: SOURCE.index('    @algorithm("dom-teapot-pour", part')]
    assert problems(without_message, (later,)) == []
    assert "teapot.py:13: dom-teapot-pour: step 2 missing" in problems(
        without_message.replace("# 2.", "# Two."), (later,)
    )


def test_an_exclusion_that_excludes_nothing_is_a_problem() -> None:
    unused = Exclusion("there is no chapter 9", sections=("9",))
    assert problems(SOURCE, (unused,)) == ["scope:0: nothing is left out any more because there is no chapter 9"]


def test_variants_have_all_steps_each() -> None:
    source = SOURCE.replace('part="message")', 'part="message", variant="white")')
    second = source[source.index('    @algorithm("dom-teapot-pour", part') :].replace("white", "black")
    assert problems(source + "\n" + second) == []
    shortened = second.replace("        # 2.\n", "")
    assert problems(source + "\n" + shortened) == ["teapot.py:34: dom-teapot-pour:message: step 2 missing"]


def test_differences_name_the_lines_that_implement_them() -> None:
    other = (
        SPEC.replace("Wait.", "Wait a minute.")
        .replace("<li><p>Return.", "<li><p>Bow.<li><p>Return.")
        .replace("<p>Nothing else does.", "")
    )
    index = index_of()
    report = check(index, [module_of()], ())
    assert [str(difference) for difference in differences(index, index_of(other), report)] == [
        "vanished: terms (prose)  → teapot.py:4 (terms)",
        "appeared: dom-teapot-pour#3  → teapot.py:17 (pour)",
        "renumbered: dom-teapot-pour#3, now 4  → teapot.py:19 (pour)",
        "changed: dom-teapot-pour:message#1.2  → teapot.py:24 (_message)",
    ]
    assert differences(index, index_of(), report) == []
