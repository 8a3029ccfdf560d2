"""Linux namespaces by system call: a private root in which ``/opt/ml`` is real.

Standard library only: the shim runs this without site-packages. Python 3.11 has no
``os.unshare``, so the calls go through ctypes.
"""

import ctypes
import errno
import fcntl
import os
import platform
import socket
import struct
from functools import cache
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2

PR_SET_PDEATHSIG = 1
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_SYS_MOUNT_SETATTR = 442
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_MOUNT_ATTR_RDONLY = 1
_SIOCGIFFLAGS = 0x8913
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1
_LAST_CAPABILITY = 63

_SYSTEM_FOLDERS = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc", "sys")
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_HIDDEN_FILES = ("etc/shadow", "etc/gshadow")


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def warm_up() -> None:
    """Load what a fork should not have to load again."""
    _libc()
    platform.machine()


def _check(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def prctl(option: int, value: int) -> None:
    _check(_libc().prctl(option, value, 0, 0, 0), f"prctl({option})")


def unshare(flags: int) -> None:
    _check(_libc().unshare(flags), f"unshare({flags:#x})")


def setns(descriptor: int, kind: int) -> None:
    _check(_libc().setns(descriptor, kind), "setns")


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    result = _libc().mount(
        source.encode(),
        target.encode(),
        kind.encode() if kind else None,
        flags,
        data.encode() if data else None,
    )
    _check(result, f"mount {source} on {target}")


def enter_user_namespace(extra_flags: int) -> None:
    """Become the only mapped user of a new user namespace, under the same ids as outside."""
    uid, gid = os.geteuid(), os.getegid()
    unshare(CLONE_NEWUSER | extra_flags)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def join_network_of(pid: int) -> None:
    """Enter the user and network namespaces that another shim made for its job."""
    for name, kind in (("user", CLONE_NEWUSER), ("net", CLONE_NEWNET)):
        descriptor = os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY)
        try:
            setns(descriptor, kind)
        finally:
            os.close(descriptor)


def raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh", b"lo", 0)
        flags = struct.unpack("16sh", fcntl.ioctl(control, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | _IFF_UP))


def make_read_only(target: str) -> None:
    attributes = struct.pack("QQQQ", _MOUNT_ATTR_RDONLY, 0, 0, 0)
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    result = _libc().syscall(
        _SYS_MOUNT_SETATTR,
        _AT_FDCWD,
        ctypes.c_char_p(target.encode()),
        _AT_RECURSIVE,
        buffer,
        len(attributes),
    )
    if result == 0:
        return
    if ctypes.get_errno() != errno.ENOSYS:
        _check(result, f"mount_setattr {target}")
    # Kernels before 5.12: this mount only, with the flags a user namespace may not drop.
    locked = os.statvfs(target).f_flag & (MS_NOSUID | MS_NODEV | 8 | 1024 | 2048)
    mount("none", target, None, MS_REMOUNT | MS_BIND | MS_RDONLY | locked)


def bind(source: str, target: str, *, read_only: bool) -> None:
    if Path(source).is_dir():
        Path(target).mkdir(parents=True, exist_ok=True)
    elif not Path(target).exists():
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(target).touch()
    mount(source, target, None, MS_BIND | MS_REC)
    if read_only:
        make_read_only(target)


def _add_system(root: str) -> None:
    for name in _SYSTEM_FOLDERS:
        source, target = Path("/", name), Path(root, name)
        if source.is_symlink():
            target.symlink_to(source.readlink())
        elif source.is_dir():
            bind(str(source), str(target), read_only=True)
    for name in _HIDDEN_FILES:
        if Path("/", name).exists():
            mount("/dev/null", f"{root}/{name}", None, MS_BIND)
    for name in ("root", "run", "home", "var/tmp"):
        Path(root, name).mkdir(parents=True)


def _add_devices(root: str) -> None:
    devices = Path(root, "dev")
    devices.mkdir()
    gpus = [device.name for device in Path("/dev").glob("nvidia*") if not device.is_dir()]
    for name in (*_DEVICES, *gpus):
        if Path("/dev", name).exists():
            (devices / name).touch()
            mount(f"/dev/{name}", str(devices / name), None, MS_BIND)
    (devices / "shm").mkdir()
    mount("tmpfs", str(devices / "shm"), "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")
    # Terminals, and the shell commands of notebooks, need pseudo-terminals of their own.
    (devices / "pts").mkdir()
    mount("devpts", str(devices / "pts"), "devpts", MS_NOSUID | 8, "newinstance,ptmxmode=0666,mode=0620")
    (devices / "ptmx").symlink_to("pts/ptmx")
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        (devices / name).symlink_to(f"/proc/self/fd{target}")


def enter_private_root(root: str, mounts: list[dict[str, object]], hosts_file: str | None) -> None:
    """Make ``root`` the file system of this process: system, ``mounts`` and nothing else.

    Must run as the first process of its own PID namespace, because ``/proc`` is mounted
    for it, and before the old root is gone, because the kernel allows that only then.
    """
    unshare(CLONE_NEWNS)
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=16m")
    _add_system(root)
    _add_devices(root)
    Path(root, "proc").mkdir()
    mount("proc", f"{root}/proc", "proc", MS_NOSUID | MS_NODEV | 8)
    for entry in mounts:
        bind(str(entry["source"]), root + str(entry["target"]), read_only=bool(entry["read_only"]))
    if hosts_file and Path(root, "etc/hosts").exists():
        mount(hosts_file, f"{root}/etc/hosts", None, MS_BIND)
        make_read_only(f"{root}/etc/hosts")
    mount("none", root, None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)
    os.chdir(root)
    number = _SYS_PIVOT_ROOT.get(platform.machine())
    if number is None:
        raise OSError(errno.ENOSYS, f"pivot_root is not known for {platform.machine()}")
    _check(_libc().syscall(number, b".", b"."), "pivot_root")
    _check(_libc().umount2(b".", MNT_DETACH), "umount of the old root")
    os.chdir("/")


def drop_privileges() -> None:
    """Keep exec from giving any capability or set-uid right back."""
    for capability in range(_LAST_CAPABILITY + 1):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError as error:
            if error.errno == errno.EINVAL:  # beyond the kernel's last capability
                break
            raise
    prctl(PR_SET_NO_NEW_PRIVS, 1)
