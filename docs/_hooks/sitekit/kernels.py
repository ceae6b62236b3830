"""Start a notebook's kernel as a fork of a server that has imported what every page imports.

Torch, matplotlib and IPython take a fresh interpreter four seconds of a processor before a page's
first line runs. The server imports them once and runs no page's code, so that each kernel forked
from it is as fresh as one of its own.
"""

import os
from collections.abc import Mapping
from contextlib import chdir
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from unittest import mock

from ipykernel.kernelapp import IPKernelApp
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

__all__ = ["ForkedKernelManager", "start_server"]

_PRELOADED = ["torch", "matplotlib.pyplot", "IPython.core.pylabtools", "ipykernel.kernelapp"]

# A forked process runs the main module of its parent once more, unless that has no file.
_WITHOUT_MAIN = mock.patch.multiple("__main__", __file__=None, __spec__=None, create=True)


def start_server(environment: Mapping[str, str]) -> None:
    """Start the server, unless it runs; kernels inherit the environment that it starts with."""
    variables = {**environment, "JPY_PARENT_PID": str(os.getpid())}  # no kernel outlives its build
    forkserver.set_forkserver_preload(_PRELOADED)
    with (
        mock.patch.dict(os.environ, variables, clear=True),
        mock.patch("sys.warnoptions", []),  # the build's own are not for pages
        _WITHOUT_MAIN,
    ):
        forkserver.ensure_running()


class ForkedKernelManager(AsyncKernelManager):
    """A kernel manager whose kernels are forked from the server."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.provisioner = _Provisioner(parent=self, kernel_spec=self.kernel_spec)


class _Provisioner(LocalProvisioner):
    """The local provisioner, but for how it starts a process."""

    process: Any

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        self.process = _Fork(cmd[cmd.index("ipykernel_launcher") + 1 :], Path(options["cwd"]))
        self.pid = self.process.pid
        return self.connection_info


class _Fork:
    """A forked kernel with the attributes of `subprocess.Popen` that a provisioner looks at."""

    stdin = stdout = stderr = None

    def __init__(self, arguments: list[str], folder: Path) -> None:
        self._process = ForkServerProcess(target=IPKernelApp.launch_instance, args=(arguments,))
        with chdir(folder), _WITHOUT_MAIN:  # a forked process starts where its parent is
            self._process.start()

        self.pid = self._process.ident or 0
        self.kill = self._process.kill
        self.terminate = self._process.terminate

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)
