"""The model of ../paths.rs in NumPy: python montecarlo.py hours|minutes PATHS

Four services, a year, AR(1) noise on demand with mean one. NumPy works on all paths and services of a step at once and
goes from step to step in Python: the usual way, since a step needs the one before. Written from the model alone; no other
program's code is in it. By the minute scaling is simpler here than there: no points, no starting tasks, only cooldowns.
"""

import sys
import time

import numpy as np

HOURS = 8760
# base requests/s, requests/s of a busy task, target, least, most, dollars a task-hour, phi, sd
SERVICES = np.array([
    [900, 100, 0.60, 2, 60, 0.04937, 0.90, 0.10],
    [350, 40, 0.50, 2, 40, 0.09874, 0.80, 0.15],
    [2500, 400, 0.70, 3, 30, 0.19748, 0.95, 0.07],
    [60, 20, 0.55, 1, 20, 0.02469, 0.70, 0.30],
])
base, each, target, least, most, price, phi, sd = (SERVICES[:, [i]] for i in range(8))
COOLS_OUT, COOLS_IN = 3, 15  # minutes


def shape(steps_an_hour):
    hour = np.arange(HOURS * steps_an_hour) / steps_an_hour
    day = 1 + 0.45 * np.sin((hour - 9) / 24 * 2 * np.pi)
    weekend = np.where((hour // 24) % 7 >= 5, 0.7, 1.0)
    return day * weekend * (1 + 0.3 * hour / HOURS)


def needed(paths, shape, random):
    """Tasks that every service needs in every path, step by step."""
    variance = sd**2 / (1 - phi**2)
    x = np.sqrt(variance) * random.standard_normal((len(SERVICES), paths))
    load = base / (each * target) * np.exp(-variance / 2)
    block = max(1, 2_000_000 // x.size)
    for first in range(0, len(shape), block):
        level = shape[first:first + block]
        for level, z in zip(level, random.standard_normal((len(level), *x.shape))):
            x *= phi
            x += sd * z
            tasks = np.exp(x)
            tasks *= load * level
            np.ceil(tasks, out=tasks)
            yield np.clip(tasks, least, most, out=tasks)


def hours(paths, random):
    task_hours = np.zeros((len(SERVICES), paths))
    for tasks in needed(paths, shape(1), random):
        task_hours += tasks
    return task_hours


def minutes(paths, random):
    task_minutes = np.zeros((len(SERVICES), paths))
    running = np.broadcast_to(least, task_minutes.shape).copy()
    cools_out = np.zeros(task_minutes.shape, int)
    cools_in = np.zeros(task_minutes.shape, int)
    for tasks in needed(paths, shape(60), random):
        task_minutes += running
        cools_out -= 1
        cools_in -= 1
        out = (tasks > running) & (cools_out < 0)
        back = (tasks < running) & (cools_in < 0)
        moves = out | back
        running = np.where(moves, tasks, running)
        cools_out = np.where(out, COOLS_OUT, cools_out)
        cools_in = np.where(moves, COOLS_IN, cools_in)
    return task_minutes / 60


def main():
    step, paths = sys.argv[1], int(sys.argv[2])
    run, steps = {"hours": (hours, HOURS), "minutes": (minutes, HOURS * 60)}[step]
    begun = time.perf_counter()
    costs = (run(paths, np.random.default_rng(1)) * price).sum(axis=0)
    took = time.perf_counter() - begun
    each_step = took * 1e9 / (paths * steps * len(SERVICES))
    error = costs.std() / paths**0.5
    print(f"{step}: mean of {paths} paths {costs.mean():.2f} ± {error:.2f}; {took:.3f} s, {each_step:.1f} ns for each step of a service")


if __name__ == "__main__":
    main()
