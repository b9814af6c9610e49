"""Under whom PostgreSQL runs: it refuses root, so root steps down without touching anybody's folders."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import msgspec

from migrations.failures import DatabaseProblem, _

_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class RunAs(msgspec.Struct, frozen=True, kw_only=True):
    """A way to start PostgreSQL's programs: as user ``uid`` (None: as we are), by ``prefix`` where there is one."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def popen(
        self,
        command: list[str],
        *,
        cwd: Path | None = None,
        stdin: int = subprocess.DEVNULL,
        stdout: int = subprocess.PIPE,
        new_session: bool = False,
    ) -> subprocess.Popen[str]:
        """Starts ``command`` with a bare environment, standard error joined to ``stdout``."""
        uid, gid = (None, None) if self.prefix else (self.uid, self.gid)
        return subprocess.Popen(  # noqa: S603 - our own command lines, no shell
            [*self.prefix, *command],
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            cwd=cwd or "/",
            env=_ENVIRONMENT,
            text=True,
            start_new_session=new_session,
            user=uid,
            group=gid,
            extra_groups=None if uid is None else [],
        )

    def run(self, command: list[str], *, text: str = "") -> str:
        """Runs ``command`` with ``text`` as its input; its output. Raises DatabaseProblem when it fails."""
        process = self.popen(command, stdin=subprocess.PIPE)
        output = process.communicate(text)[0]
        if process.returncode != 0:
            reason = _("{program} failed: {words}")
            raise DatabaseProblem(reason.format(program=Path(command[0]).name, words=_last_line(output)))
        return output

    def own(self, path: Path) -> None:
        """Hands a path that we have just made ourselves to the user that PostgreSQL runs as."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def reaches(self, folder: Path, program: Path) -> bool:
        """Whether this user can enter ``folder`` and run ``program``."""
        script = 'test -x "$1" && exec "$2" --version'
        try:
            self.run(["/bin/sh", "-c", script, "sh", str(folder), str(program)])
        except (DatabaseProblem, OSError):
            return False
        return True


def follow_owner(made: int | Path, folder: Path) -> None:
    """Gives what root has just made (a descriptor or path) to the owner of ``folder``, for whom it was made."""
    owner = folder.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.chown(made, owner.st_uid, owner.st_gid)


def choose(folder: Path, data: Path, program: Path) -> RunAs:
    """The way to run ``program`` on ``data`` inside ``folder``: what the data has, or else the gentlest.

    An ordinary user runs it as themself. Root runs it as the folder's owner, in a user namespace, as the system's
    unprivileged user, or as that user with leave to enter root's folders, whichever works first. Raises
    DatabaseProblem when none does.
    """
    if os.geteuid() != 0 and _is_known(os.geteuid()):
        return RunAs()
    for way in _ways(folder, data):
        if way.reaches(folder, program):
            return way
    reason = _(
        "PostgreSQL does not run as root, and no other user can reach {folder} here. Run this as an ordinary "
        "user, use a folder that others may enter (YINJIAN_VAR), or set YINJIAN_DATABASE_URL."
    )
    raise DatabaseProblem(reason.format(folder=folder))


def _ways(folder: Path, data: Path) -> list[RunAs]:
    users = [user for name in ("nobody", "postgres") if (user := _user(name)) is not None]
    # We under another number: inside, every file of ours belongs to that user, and PostgreSQL is content.
    namespaces = [RunAs(prefix=("unshare", "--user", f"--map-user={user.pw_uid}")) for user in users]
    if shutil.which("unshare") is None:
        namespaces = []
    if os.geteuid() != 0:
        return namespaces
    owner = (data if data.exists() else folder).stat()
    owners = [RunAs(uid=owner.st_uid, gid=owner.st_gid)] if owner.st_uid != 0 and _is_known(owner.st_uid) else []
    if data.exists():
        return [*owners, *map(_entering, owners)] or namespaces
    others = [RunAs(uid=user.pw_uid, gid=user.pw_gid) for user in users]
    return [*owners, *namespaces, *others, *map(_entering, others)]


def _entering(other: RunAs) -> RunAs:
    """The same user, who may pass through folders like /root (capabilities(7)): for containers without namespaces."""
    leave = "+dac_override"
    user = (f"--reuid={other.uid}", f"--regid={other.gid}", "--clear-groups")
    # The secure bit lets access(2), by which initdb looks for postgres, count the capability too.
    prefix = ("setpriv", *user, "--securebits=+no_setuid_fixup", f"--inh-caps={leave}", f"--ambient-caps={leave}")
    return RunAs(prefix=prefix, uid=other.uid, gid=other.gid)


def _user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _is_known(uid: int) -> bool:
    """Whether the user has a name, without which initdb does not work."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error" in line.lower()]
    return (telling or lines or ["it said nothing"])[-1]
