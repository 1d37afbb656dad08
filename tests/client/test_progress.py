"""The line of progress."""

import io

from steelyard.client.progress import show_progress


def test_the_line_is_written_over_itself_until_the_end() -> None:
    sink = io.StringIO()
    show = show_progress(sink)
    show({"status": "running", "progress": {"epoch": 5, "epochs": 10, "fraction": 0.5}})
    show({"status": "succeeded", "progress": {"epoch": 10, "epochs": 10, "fraction": 1.0}})
    assert sink.getvalue() == (
        "\rrunning   [###############...............] epoch 5/10"
        "\rsucceeded [##############################] epoch 10/10\n"
    )
