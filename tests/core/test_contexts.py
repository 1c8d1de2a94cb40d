"""Where a call that is differentiated, and an observer, are in force: threads, tasks, generators."""

import asyncio
import contextlib
import copy
import gc
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core.tape import Observer, current_observers, current_run, observers, observing, running

LOOKER: Observer[ag.Tensor] = Observer()
ON, OFF = (LOOKER,), ()


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    gc.collect()  # generators that were left suspended
    assert (running, observers) == ([], [])


def in_a_thread(f):
    """Run a function in a thread of its own; return its result, or raise its error."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(f).result(10)


LOSSY: dict[str, Callable[[Any], Any]] = {
    "float": float,
    "int": int,
    "complex": complex,
    "item": lambda t: t.item(),
    "tolist": lambda t: t.tolist(),
    "copy": lambda t: copy.deepcopy(t),
    "pickle": lambda t: pickle.dumps(t),
}
CALLS: dict[str, Callable[[Any], Any]] = {
    "grad": lambda f: ag.grad(f)(2.0),
    "jacobian": lambda f: ag.jacobian(f)(2.0),
    "vjp": lambda f: ag.vjp(f, 2.0)[1](1.0)[0],
    "jvp": lambda f: ag.jvp(f, (2.0,), (1.0,))[1],
    "nested": lambda f: ag.grad(lambda x: ag.grad(lambda y: y * f(x))(3.0))(2.0),
    "trace": lambda f: ag.trace(f, 2.0),
}


class TestConversions:
    """A conversion to plain numbers is refused where it would lose a gradient, and nowhere else."""

    @pytest.mark.parametrize("lossy", LOSSY)
    @pytest.mark.parametrize("call", CALLS)
    @pytest.mark.parametrize("thread", [in_a_thread, lambda f: f()], ids=["in a thread", "in place"])
    def test_of_what_is_differentiated(self, call, lossy, thread):
        with pytest.raises(TypeError, match=r"inside a transform|outside of transforms"):
            CALLS[call](lambda x: x * thread(lambda: LOSSY[lossy](x)))

    @pytest.mark.parametrize("call", CALLS)
    def test_of_what_depends_on_it(self, call):
        with pytest.raises(TypeError, match="inside a transform"):
            CALLS[call](lambda x: x * in_a_thread(lambda: float(np.exp(x * x) + 1)))

    @pytest.mark.parametrize("lossy", LOSSY)
    @pytest.mark.parametrize("call", CALLS)
    def test_of_what_does_not(self, call, lossy):
        outside = ag.Tensor(3.0)
        CALLS[call](lambda x: (LOSSY[lossy](outside), LOSSY[lossy](ag.Tensor(2.0)), x)[2])

    def test_of_a_node_from_before(self):
        loss = ag.Tensor(3.0) * 2.0
        assert ag.grad(lambda x: x * float(loss))(1.0) == 6.0

    def test_of_the_argument_of_an_outer_call(self):
        with pytest.raises(TypeError, match="inside a transform"):
            ag.grad(lambda x: ag.grad(lambda y: y * float(x))(3.0))(2.0)

    def test_in_a_thread_that_has_nothing_to_do_with_it(self):
        entered, leave, x = threading.Event(), threading.Event(), ag.Tensor(3.0)

        def f(y):
            entered.set()
            leave.wait(10)
            return y * y

        with ThreadPoolExecutor(1) as pool:
            gradient = pool.submit(ag.grad(f), 2.0)
            entered.wait(10)
            assert float(x * x) == 9.0
            assert current_run() is None
            leave.set()
            assert gradient.result(10) == 4.0

    def test_after_the_call(self):
        kept: dict[str, Any] = {}
        ag.grad(lambda x: kept.setdefault("square", x * x))(3.0)
        assert float(kept["square"]) == 9.0

    def test_in_a_rule_of_a_linear_backward_pass(self):
        @ag.op
        def double(x):
            return 2 * x

        @double.vjp
        def _(g, z, x):
            return 2 * float(g)

        assert ag.grad(double)(1.0) == 2.0
        with pytest.raises(TypeError, match="inside a transform"):
            ag.jvp(double, (1.0,), (1.0,))

    def test_calls_of_threads_end_in_any_order(self):
        begun, end = [threading.Event() for _ in range(2)], [threading.Event() for _ in range(2)]

        def f(x, k):
            begun[k].set()
            end[k].wait(10)
            return x * x

        with ThreadPoolExecutor(2) as pool:
            results = [pool.submit(ag.grad(f), 3.0, k) for k in range(2)]
            for k in range(2):
                begun[k].wait(10)
                assert len(running) == 2 - k
                end[k].set()
                assert results[k].result(10) == 6.0


class TestRecording:
    @pytest.mark.parametrize("call", CALLS)
    def test_inside_a_call(self, call):
        found: dict[str, Any] = {}
        CALLS[call](lambda x: x * found.setdefault("inside", current_run() is not None))
        assert found["inside"]
        assert current_run() is None


def block():
    """Look on while a generator is suspended."""
    with observing(LOOKER):
        yield current_observers()


@contextlib.contextmanager
def manager():
    with observing(LOOKER):
        yield


def inner_block():
    with manager():
        yield current_observers()


def stacked_block():
    with contextlib.ExitStack() as stack:
        stack.enter_context(manager())
        yield current_observers()


def delegated():
    yield from block()


def relayed():
    for item in block():
        assert current_observers() == OFF
        yield item


@contextlib.contextmanager
def managed_by_hand():
    for _ in inner_block():
        yield


class TestGenerators:
    """A generator that is suspended inside a block does not look on at those who run it."""

    @pytest.mark.parametrize("generator", [block, inner_block, stacked_block, delegated, relayed])
    def test_suspended(self, generator):
        steps = 0
        for inside in generator():
            assert inside == ON
            assert current_observers() == OFF
            assert ag.grad(lambda x: x * len(current_observers()))(1.0) == 0.0
            steps += 1
        assert steps == 1
        suspended = generator()
        next(suspended)
        assert current_observers() == OFF
        suspended.close()

    @pytest.mark.parametrize("generator", [block, inner_block, stacked_block, delegated, relayed])
    def test_that_is_forgotten(self, generator):
        next(generator())
        gc.collect()
        assert observers == []

    def test_run_on(self):
        def steps():
            with observing(LOOKER):
                for _ in range(3):
                    yield current_observers()
            yield current_observers()

        generator = steps()
        assert [next(generator), next(generator), in_a_thread(lambda: next(generator))] == [ON, ON, OFF]
        assert next(generator) == OFF

    def test_context_managers_and_fixtures_cover_their_users(self):
        with manager():
            assert current_observers() == ON
        with managed_by_hand():
            assert current_observers() == ON
        with contextlib.ExitStack() as stack:
            stack.enter_context(manager())
            assert current_observers() == ON
        stack = contextlib.ExitStack()
        stack.enter_context(manager())
        assert current_observers() == ON
        stack.close()
        assert current_observers() == OFF

    @pytest.fixture
    def looked_at(self):
        with observing(LOOKER):
            yield

    def test_a_fixture(self, looked_at):
        assert current_observers() == ON
        for inside in block():
            assert inside == ON * 2
            assert current_observers() == ON

    def test_a_generator_inside_the_block(self):
        with observing(LOOKER):
            assert [current_observers() for _ in range(2)] == [ON, ON]


class TestTasks:
    def test_other_tasks_and_threads(self):
        found: dict[str, Any] = {}

        async def other(name, entered, leave):
            await entered.wait()
            found[name] = current_observers()
            leave.set()

        async def main():
            entered, leave = asyncio.Event(), asyncio.Event()
            before = asyncio.create_task(other("before", entered, leave))
            with observing(LOOKER):
                entered.set()
                await leave.wait()
                found["itself"] = current_observers()
                leave.clear()
                await asyncio.gather(other("made inside", entered, leave))
                found["thread of its own"] = in_a_thread(current_observers)
                found["thread of the task"] = await asyncio.to_thread(current_observers)
            await before
            found["afterwards"] = current_observers()

        asyncio.run(main())
        assert found == {
            "before": OFF,
            "itself": ON,
            "made inside": ON,
            "thread of its own": OFF,
            "thread of the task": ON,
            "afterwards": OFF,
        }

    def test_a_task_that_outlives_the_block(self):
        async def main():
            ended = asyncio.Event()

            async def other():
                await ended.wait()
                return current_observers()

            with observing(LOOKER):
                task = asyncio.create_task(other())
            ended.set()
            return await task

        assert asyncio.run(main()) == OFF

    def test_asynchronous_generators(self):
        async def steps():
            with observing(LOOKER):
                await asyncio.sleep(0)
                yield current_observers()

        @contextlib.asynccontextmanager
        async def opened():
            with observing(LOOKER):
                yield

        async def main():
            async for inside in steps():
                assert inside == ON
                assert current_observers() == OFF
            async with opened():
                assert current_observers() == ON
            left = steps()
            await anext(left)
            assert current_observers() == OFF

        asyncio.run(main())
