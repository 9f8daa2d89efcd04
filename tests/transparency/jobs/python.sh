# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# A virtual environment, and in it threads, processes, shared memory, temporary files, servers on a
# TCP and on a Unix socket, a module that is a shared library.

set -e
export PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0
python3 -m venv --without-pip env
cat >work.py <<'PYTHON'
import asyncio, ctypes, hashlib, json, mmap, multiprocessing, os, sqlite3, subprocess, sys, tempfile
import threading


def square(number):
    return number * number


async def echo(reader, writer):
    writer.write((await reader.readline()).upper())
    await writer.drain()
    writer.close()


async def ask(connect, *where):
    reader, writer = await connect(*where)
    writer.write(b"hello\n")
    answer = await reader.read()
    writer.close()
    return answer.decode().strip()


async def serve():
    tcp = await asyncio.start_server(echo, "127.0.0.1", 8081)
    local = await asyncio.start_unix_server(echo, "socket")
    async with tcp, local:
        return [await ask(asyncio.open_connection, "127.0.0.1", 8081),
                await ask(asyncio.open_unix_connection, "socket")]


def main():
    result = {"prefix": os.path.relpath(sys.prefix), "libc": ctypes.CDLL(None).abs(-3)}
    with multiprocessing.Pool(2) as pool:
        result["squares"] = pool.map(square, range(20))
    found = []
    threads = [threading.Thread(target=found.append, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result["threads"] = sorted(found)
    with tempfile.TemporaryFile() as file:
        file.write(b"x" * 4096)
        file.flush()
        with mmap.mmap(file.fileno(), 4096) as memory:
            result["mapped"] = hashlib.sha256(memory[:]).hexdigest()
    result["pidfd"] = os.pidfd_open(os.getpid()) > 2  # a file of its own file system since 6.9
    result["memfd"] = os.write(os.memfd_create("work"), b"four")
    result["shell"] = subprocess.run("echo $((6 * 7)) | cat", shell=True, capture_output=True,
                                     text=True, check=True).stdout
    result["sql"] = sqlite3.connect("work.db").execute("select sqlite_version() > '3'").fetchone()
    result["served"] = asyncio.run(serve())
    json.dump(result, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
PYTHON
env/bin/python work.py
