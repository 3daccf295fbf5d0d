"""How the threads of a worker share its queues."""

import threading

import pytest

from ecwi_events.jobs.lanes import ALL, Lanes

OTHERS = ("normal", "bulk", "compile")


@pytest.mark.parametrize(
    ("queues", "threads", "lanes"),
    [
        (ALL, 4, [(("urgent",), 4), (("normal",), 1), (("bulk",), 1), (("compile",), 1)]),
        (ALL, 8, [(("urgent",), 8), (("normal",), 2), (("bulk",), 2), (("compile",), 2)]),
        (ALL, 2, [(("urgent",), 2), (OTHERS, 1)]),
        (ALL, 1, [(ALL, 1)]),
        (["bulk"], 3, [(("bulk",), 3)]),
        (["urgent"], 2, [(("urgent",), 2)]),
        (["compile", "bulk"], 2, [(("bulk", "compile"), 2)]),
        (["urgent", "normal"], 2, [(("urgent",), 2), (("normal",), 1)]),
        ([], 4, [(("urgent",), 4), (("normal",), 1), (("bulk",), 1), (("compile",), 1)]),
    ],
)
def test_who_shares_what(queues, threads, lanes):
    made = Lanes()
    made.share_out(queues, threads)
    assert [(lane.queues, lane.width) for lane in made.lanes] == lanes
    assert sum(lane.width for lane in made.lanes if "urgent" not in lane.queues) < threads or len(made.lanes) == 1


def test_a_ring_while_all_are_at_it_makes_them_look_once_more():
    lanes, drained = Lanes(), []
    inside, go_on = threading.Event(), threading.Event()

    def drain(queues):
        drained.append(queues)
        inside.set()
        go_on.wait(10)

    thread = threading.Thread(target=lanes.walk, args=("bulk", drain))
    thread.start()
    inside.wait(10)
    assert lanes.walk("bulk", drain) is False
    assert lanes.walk("urgent", drain) is False, "one thread: one lane for all"
    go_on.set()
    thread.join()
    assert drained == [ALL, ALL]


def test_urgent_work_never_waits_for_the_others():
    lanes, free = Lanes(), threading.Event()
    lanes.share_out(ALL, 2)
    inside = threading.Event()
    thread = threading.Thread(target=lanes.walk, args=("bulk", lambda _: (inside.set(), free.wait(10))))
    thread.start()
    inside.wait(10)
    assert lanes.walk("compile", lambda _: None) is False
    assert lanes.walk("urgent", lambda _: None) is True
    free.set()
    thread.join()


def test_a_drain_that_breaks_leaves_its_place():
    lanes = Lanes()
    with pytest.raises(ZeroDivisionError):
        lanes.walk("bulk", lambda _: 1 // 0)
    assert lanes.walk("bulk", lambda _: None) is True
