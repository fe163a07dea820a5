"""Small disks that can be filled: memory of a limited size, mounted where only this process and its children see it."""

import os
import pathlib
import pwd
import subprocess
import sys

PORTION = bytes(1 << 20)
MARK = "HOLDPOINT_FAULTS_MOUNTS"


def enter_mounts():
    """Starts this program again where it may mount: then nothing stays mounted after its end, however it ends.

    It goes on as it is if it has no right to that; `can_mount` says which.
    """
    if os.geteuid() != 0 or os.environ.get(MARK):
        return
    words = ["unshare", "--mount", "--propagation", "private"]
    trial = ["mount", "-t", "tmpfs", "-o", "size=1m", "holdpoint-faults", "/mnt"]  # gone with the process
    if subprocess.run([*words, *trial], capture_output=True).returncode == 0:
        os.environ[MARK] = "1"
        os.execvp(words[0], [*words, sys.executable, *sys.argv])


def can_mount():
    return bool(os.environ.get(MARK))


class Disk:
    """A file system of so many MiB that belongs to one user."""

    def __init__(self, folder, megabytes, user):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        account = pwd.getpwnam(user)
        options = f"size={megabytes}m,mode=700,uid={account.pw_uid},gid={account.pw_gid}"
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "holdpoint-faults", str(self.folder)], check=True,
            capture_output=True)
        self.ballast = self.folder / "ballast"

    def fill(self):
        """Takes all room that is left; how many bytes that was."""
        size = 0
        with open(self.ballast, "wb", buffering=0) as file:
            portion = PORTION
            while portion:
                try:
                    size += file.write(portion)
                except OSError:
                    portion = portion[:len(portion) // 2]
        return size

    def free(self):
        self.ballast.unlink(missing_ok=True)

    def unmount(self):
        subprocess.run(["umount", "--lazy", str(self.folder)], capture_output=True)
