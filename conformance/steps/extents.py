"""The lines of code that perform a step: from its comment to the next one, or to the end of the indentation."""

from conformance.steps.source import Module, StepComment


def extents(module: Module) -> dict[int, list[int]]:
    """A mapping from the line of each step comment to the lines of its code, which are none for a step that is not
    applicable.

    Comments directly above each other share the code below them. A function inside another has its own steps.
    """
    found: dict[int, list[int]] = {}
    for function in module.functions:
        for body in function.bodies:
            found.update(_of_body(module, body))
    return found


def _of_body(module: Module, body: list[StepComment]) -> dict[int, list[int]]:
    comments = {comment.line: comment for comment in body}
    first = body[0].line
    start, end = _span(module, body[0])
    extent: dict[int, list[int]] = {line: [] for line in comments}
    group: list[StepComment] = []
    is_comment_above = False
    for line in range(first, end + 1):
        comment = comments.get(line)
        if comment is not None:
            goes_with_above = is_comment_above and group[0].column == comment.column
            group = [*group, comment] if goes_with_above else [comment]
            is_comment_above = True
        elif line in module.lines:
            is_comment_above = False
            if _innermost(module, line) != (start, end):
                continue
            if group and module.lines[line] < group[0].column:
                group = []
            for owner in group:
                if owner.reason is None:
                    extent[owner.line].append(line)
        elif line not in module.comment_lines:
            is_comment_above = False
    return extent


def _span(module: Module, comment: StepComment) -> tuple[int, int]:
    """The first and last line of the innermost function that a comment is in. The comment may come after all of its
    code.
    """
    around = [span for span in module.spans if span[0] < comment.line <= span[1]]
    if around:
        return max(around)
    return max(span for span in module.spans if span[1] < comment.line)


def _innermost(module: Module, line: int) -> tuple[int, int]:
    return max((span for span in module.spans if span[0] <= line <= span[1]), default=(0, 0))
