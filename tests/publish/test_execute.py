"""The cells of chapters run: with real kernels, of which none is left."""

import os
import signal
import subprocess
import sys
import time

import pytest
from projects import names, read, write, write_draft

from catdog.publish import pages
from catdog.publish.project import PublishError


def test_kernel_has_the_chapters_folder_and_the_projects_environment(soup):
    lines = (
        soup.select_one("#words .cell-output-stdout").text.strip().splitlines()
    )
    assert lines == [
        "FIXTURE_WORD: from-file from-environment",
        "folder: chapters",
        "red and ``` ticks",
    ]


def test_failing_cell_names_itself_and_leaves_the_old_site(draft):
    write(draft / "_site/index.html", "the last good one")
    write_draft(draft, "```{python}\n#| label: broken\nwhole = 1 / 0\n```")
    with pytest.raises(PublishError) as refused:
        pages.render(draft)
    message = str(refused.value)
    assert message.startswith("index.qmd: the cell broken failed:")
    assert "ZeroDivisionError" in message and "\x1b" not in message
    assert refused.value.status == 1
    assert names(draft) == ["_quarto.yml", "_site", "index.qmd"]
    assert read(draft / "_site/index.html") == "the last good one"


DYING = """
```{{python}}
whole = 1
```

```{{python}}
#| label: hungry
import os, sys, time
{cell}
os.abort()
```

```{{python}}
whole += 1
```
"""


def test_dead_kernel_is_reported_with_its_cell_and_the_cure(draft):
    write_draft(draft, DYING.format(cell=""))
    with pytest.raises(PublishError) as refused:
        pages.render(draft)
    assert refused.value.status == 1
    assert str(refused.value) == (
        "index.qmd: the kernel died in the cell hungry, perhaps for lack of "
        "memory: close other programs and render again. With "
        "TF_CPP_MIN_LOG_LEVEL=0, TensorFlow says more."
    )


def test_last_words_of_a_dead_kernel_are_shown(draft):
    talk = (
        "for n in range(30): print('word', n, file=sys.stderr, flush=True)\n"
        "time.sleep(2)"  # words need a moment to arrive
    )
    write_draft(draft, DYING.format(cell=talk))
    with pytest.raises(PublishError, match="in the cell hungry") as refused:
        pages.render(draft)
    last = str(refused.value).partition("The last that it said:\n")[2]
    assert last.splitlines() == [f"word {n}" for n in range(20, 30)]


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is no signal there")
def test_ctrl_c_leaves_no_kernel_and_no_site(draft):
    note = draft / "pid"
    cell = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)"
    write_draft(draft, f"```{{python}}\n{cell}\n```")
    code = "import sys; from catdog.publish import pages; pages.render(sys.argv[1])"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(draft)],
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: note.exists() and note.read_text())
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode and "KeyboardInterrupt" in errors
    wait_until(lambda: not is_running(int(note.read_text())), seconds=5)
    assert names(draft) == ["_quarto.yml", "index.qmd", "pid"]


def is_running(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
