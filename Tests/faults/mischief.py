"""What goes wrong, in an order and for durations that a seed gives: every kind once, then every kind again."""

import collections
import random
import signal
import subprocess
import time

from cluster import until

PAST_THE_LEASE = (4.0, 6.0)  # of 3 s


class Mischief:
    """The faults, one after the other; each returns when it is over, and says what it met."""

    def __init__(self, ground, seed, report, only=""):
        self.ground, self.report = ground, report
        self.random = random.Random(f"mischief {seed}")
        self.counts = collections.Counter()
        self.met = collections.Counter()  # connections that a fault of the network met
        self.kinds = {
            "node killed": self.kill, "node stopped past its lease": self.freeze, "node stopped briefly": self.pause,
            "node left and came back": self.leave, "another node joined and left": self.join,
            "Redis emptied": self.flush, "Redis killed": self.end_redis, "Postgres ended at once": self.end_postgres}
        if ground.data_disk:
            self.kinds |= {"disk of tables full": self.fill_tables, "disk of the log full": self.fill_log}
        for target, name in (("postgres", "Postgres"), ("redis", "Redis"), ("clients", "clients")):
            self.kinds |= {
                f"{name}: delayed": lambda target=target: self.delay(target),
                f"{name}: cut": lambda target=target: self.cut(target),
                f"{name}: half-closed": lambda target=target: self.half_close(target),
                f"{name}: kept back": lambda target=target: self.keep_back(target)}

        self.kinds = {kind: deed for kind, deed in self.kinds.items() if only in kind}

    def go_on(self, seconds):
        """Faults until the time is over, and each kind once in any case."""
        end = time.monotonic() + seconds
        while True:
            bag = list(self.kinds)
            self.random.shuffle(bag)
            for kind in bag:
                if self.counts[kind] and time.monotonic() > end:
                    return
                began = time.monotonic()
                what = self.kinds[kind]()
                self.counts[kind] += 1
                self.report(f"{kind}{what and f' ({what})'}, {time.monotonic() - began:.1f} s")
                self._wait((0.2, 0.8))

    # Nodes

    def _victim(self):
        """Any node but the faulty one, which has its own deaths."""
        return self.random.choice([node for node in self.ground.nodes if node is not self.ground.keeper.faulty_node])

    def kill(self):
        node = self._victim()
        node.send(signal.SIGKILL)
        self._wait((0.5, 3))
        return node.name

    def _stop(self, seconds):
        node = self.random.choice(self.ground.nodes)
        node.send(signal.SIGSTOP)
        self._wait(seconds)
        node.send(signal.SIGCONT)
        return node.name

    def freeze(self):
        return self._stop(PAST_THE_LEASE)

    def pause(self):
        return self._stop((0.3, 1.5))

    def leave(self):
        node, keeper = self._victim(), self.ground.keeper
        keeper.take_away(node)
        status = self._await_end(node)
        self._wait((0, 2))
        keeper.bring_back(node)
        return f"{node.name}, which ended with {status}"

    def join(self):
        node = self.ground.newcomer
        node.launch()
        self._wait((3, 6))
        return f"it ended with {self._await_end(node)}"

    def _await_end(self, node):
        """How a node ends that was told to: 0, 1 if it gave up waiting for its writers, or before it could listen."""
        status = node.end(signal.SIGTERM, seconds=40)
        if status not in (0, 1, 9, -signal.SIGTERM, -signal.SIGKILL):
            self.ground.keeper.unexpected.append(f"{node.name}, told to stop, ended with {status}: {node.tail(8)}")
        return status

    # Stores

    def flush(self):
        for _ in range(self.random.randint(1, 3)):
            self.ground.redis.cli("flushall", must=False)
            self._wait((0.05, 0.5))
        return ""

    def end_redis(self):
        self.ground.redis.stop()
        self._wait((0.1, 3))
        self.ground.redis.start()
        return ""

    def end_postgres(self):
        self.ground.postgres.stop()
        self._wait(self.random.choice([(0.1, 1), PAST_THE_LEASE]))
        self.ground.postgres.start()
        return ""

    def fill_tables(self):
        start = self.ground.postgres.log.stat().st_size
        self.ground.data_disk.fill()
        self._wait((2, 5))
        self.ground.data_disk.free()
        return f"{self._refusals(start)} statements were refused"

    def _refusals(self, start):
        """How often Postgres found no room, by its own log from some place on."""
        with open(self.ground.postgres.log, "rb") as file:
            file.seek(start)
            return file.read().count(b"No space left on device")

    def fill_log(self):
        """Without room for another segment Postgres brings itself down, and stays down until there is some."""
        postgres = self.ground.postgres
        start = postgres.log.stat().st_size
        self.ground.wal_disk.fill()
        for _ in range(8):  # uses up what was kept to be written again
            try:
                if not postgres.psql("select pg_switch_wal(); select txid_current()")[0]:
                    break
            except subprocess.TimeoutExpired:
                break
        self._wait((1, 3))
        self.ground.wal_disk.free()
        process = postgres.program.process
        until("Postgres takes connections again", self._revive_postgres, 60, pause=0.2)
        ended = "stayed" if postgres.program.process is process else "ended"
        return f"{self._refusals(start)} writes were refused, and Postgres {ended}"

    def _revive_postgres(self):
        """Starts it again if it has ended, and says whether it takes connections."""
        postgres = self.ground.postgres
        if not postgres.program.is_running:
            postgres.program.launch()
        return postgres.psql("select 1")[0]

    # The network

    def _doors(self, target):
        """One node's door, or all nodes' at once."""
        names = [node.name for node in self.ground.nodes]
        chosen = names if self.random.random() < 0.3 else [self.random.choice(names)]
        return [self.ground.doors[target, name] for name in chosen]

    def _tell(self, doors, kind, count):
        self.met[kind] += count
        return f"{count} connections of {len(doors)} nodes"

    def delay(self, target):
        doors = self._doors(target)
        count = sum(door.slow(self.random.uniform(0.05, 0.4)) for door in doors)
        self._wait((2, 4))
        for door in doors:
            door.slow(0)
        return self._tell(doors, f"{target} delayed", count)

    def cut(self, target):
        doors, count = self._doors(target), 0
        for _ in range(self.random.randint(1, 4)):
            count += sum(door.cut() for door in doors)
            self._wait((0.1, 0.6))
        return self._tell(doors, f"{target} cut", count)

    def half_close(self, target):
        doors, count = self._doors(target), 0
        for towards_server in self.random.sample([True, False], 2):
            count += sum(door.half_close(towards_server) for door in doors)
            self._wait((0.5, 2))
        return self._tell(doors, f"{target} half-closed", count)

    def keep_back(self, target):
        """What is sent reaches nobody for a while, and then all of it arrives late."""
        doors = self._doors(target)
        count = sum(door.keep_back() for door in doors)
        self._wait(PAST_THE_LEASE if target == "postgres" else (1, 4))
        for door in doors:
            door.let_through()
        return self._tell(doors, f"{target} kept back", count)

    def _wait(self, bounds):
        time.sleep(self.random.uniform(*bounds))
