// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.xenjava.toolstack.xenctrl.lib.XenHost.BootLoaderRun;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScript;

/**
 * Runs the boot loaders of this machine. A boot loader parses a file system that its guest has written, so it runs as a
 * user that no other process has, without capabilities and network, in namespaces that end with it. Its root directory
 * shows the programs of this machine, the program itself and the disk, all read-only, and a directory of its own. The
 * same user copies what it has found, after every process of the boot loader is killed.
 */
final class HostBootLoaders {
    /** The user of a run is this number and the PID of the run's first process; QEMU's users are above 2100000000. */
    private static final long FIRST_USER = 2_095_000_000L;

    /** What the processes of a boot loader need besides the files that they write. */
    private static final long MEMORY = 256L << 20;

    /** The program {@code timeout} ends a run if this JVM does not live to do so. */
    private static final Duration SPARE_TIME = Duration.ofSeconds(5);

    private static final String PYGRUB = "pygrub";

    /**
     * Limits the memory, where this machine has a control group for it, and starts the namespaces. A control group that
     * a killed run has left is removed by the next run. SIGTERM ends the others, for whom this script waits.
     */
    private static final String STARTER =
            """
            set -eu
            seconds=$1 memory=$2 base=$3 launcher=$4 dir=$5
            shift 5
            echo 1000 >/proc/self/oom_score_adj
            group=
            for parent in /sys/fs/cgroup/memory /sys/fs/cgroup; do
                for old in "$parent"/xenjava-boot-*; do
                    [ -d "/proc/${old##*-}" ] || rmdir "$old" 2>/dev/null || :
                done
                new=$parent/xenjava-boot-$$
                mkdir "$new" 2>/dev/null || continue
                for limit in memory.max memory.limit_in_bytes; do
                    if [ -e "$new/$limit" ] && echo "$memory" >"$new/$limit"; then
                        group=$new
                    fi
                done
                [ -z "$group" ] || break
                rmdir "$new"
            done
            trap : TERM
            status=0
            (
                [ -z "$group" ] || echo 0 >"$group/cgroup.procs"
                exec timeout --foreground -s KILL "$seconds" \\
                    unshare --mount --net --ipc --uts --pid --fork --kill-child -- \\
                    sh -c "$launcher" xenjava-boot "$dir" "$((base + $$))" "$@"
            ) || status=$?
            [ -z "$group" ] || rmdir "$group" 2>/dev/null || :
            exit "$status"
            """;

    /**
     * Makes the root directory, runs the boot loader in it and copies its files. SIGTERM does not separate attaching a loop
     * device from recording its name.
     */
    private static final String LAUNCHER =
            """
            set -eu
            umask 022
            dir=$1 uid=$2 disk=$3 most=$4 program=$5
            shift 4
            root=$dir/root
            fail() {
                echo "$1"
                exit 1
            }
            [ $$ = 1 ] || fail "there is no PID namespace for it"
            mkdir -m 0700 "$root"
            mount -t tmpfs -o size=1m,nr_inodes=1000,nosuid,noexec,mode=0755 xenjava-boot "$root"
            bind() {
                mount --bind "$1" "$root$1"
                mount -o remount,bind,ro,nosuid,nodev "$root$1"
            }
            bindfile() {
                mkdir -p "$root${1%/*}"
                : >"$root$1"
                bind "$1"
            }
            for path in /usr /bin /sbin /lib /lib32 /lib64 /libx32 /etc/alternatives /etc/python-exec; do
                if [ -L "$path" ]; then
                    cp -P "$path" "$root$path"
                elif [ -d "$path" ]; then
                    mkdir -p "$root$path"
                    bind "$path"
                fi
            done
            [ ! -f /etc/ld.so.cache ] || bindfile /etc/ld.so.cache
            mkdir "$root/dev" "$root/proc" "$root/out"
            chroot "$root" test -f "$program" || bindfile "$program"
            mknod -m 0666 "$root/dev/null" c 1 3
            mknod -m 0666 "$root/dev/zero" c 1 5
            mknod -m 0666 "$root/dev/urandom" c 1 9
            mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
            for limit in shmmni msgmni; do
                [ ! -e "$root/proc/sys/kernel/$limit" ] || echo 0 >"$root/proc/sys/kernel/$limit"
            done
            mount -t tmpfs -o "size=$most,nr_inodes=1000,nosuid,nodev,noexec,mode=0700,uid=$uid,gid=$uid" xenjava-boot "$root/out"
            # pygrub opens this file and does not create it.
            : >"$root/out/.result"
            chown "$uid:$uid" "$root/out/.result"
            if [ ! -b "$disk" ]; then
                loop=$(trap '' TERM; losetup --find --show --read-only "$disk")
                exec 9<"$loop"
                (trap '' TERM; losetup --detach "$loop")
                disk=$loop
            fi
            mknod -m 0440 "$root/disk" b $(stat -L -c '0x%t 0x%T' "$disk")
            chown "0:$uid" "$root/disk"
            mount -o remount,ro "$root"
            trap 'exit 143' TERM
            drop() {
                chroot "$root" setpriv --reuid="$uid" --regid="$uid" --clear-groups --no-new-privs --bounding-set=-all \\
                    --inh-caps=-all prlimit --core=0 --fsize="$most" --nofile=64 --nproc=8 --as=536870912 --memlock=0 \\
                    --msgqueue=0 -- "$@" 9<&-
            }
            copy() {
                case $1 in
                    /out/*) ;;
                    *) fail "it names $1, which is outside of its directory" ;;
                esac
                [ "$(drop realpath -- "$1")" = "$1" ] && drop test -f "$1" || fail "it names $1, which is no file of its own"
                drop cat -- "$1" >"$2" || fail "$1 cannot be copied"
                [ -s "$2" ] || fail "it names $1, which is empty"
            }
            export HOME=/out TMPDIR=/out
            drop "$@" --output=/out/.result --output-format=simple0 --output-directory=/out /disk
            # Nothing changes a file while it is checked and copied.
            kill -KILL -1 2>/dev/null || :
            copy /out/.result "$dir/.result"
            [ "$(stat -c %s "$dir/.result")" -le 65536 ] || fail "its result is longer than 64 KiB"
            tr '\\0' '\\n' <"$dir/.result" >"$dir/result"
            while read -r word value; do
                case $word in
                    kernel) copy "$value" "$dir/kernel" ;;
                    ramdisk) copy "$value" "$dir/ramdisk" ;;
                    args) printf %s "$value" >"$dir/arguments" ;;
                esac
            done <"$dir/result"
            """;

    private final Function<String, Optional<String>> refusal;
    private final Function<HotplugScript, Optional<String>> runner;

    /**
     * @param refusal why a program cannot be run
     * @param runner runs a script
     */
    HostBootLoaders(Function<String, Optional<String>> refusal, Function<HotplugScript, Optional<String>> runner) {
        this.refusal = refusal;
        this.runner = runner;
    }

    Optional<String> run(BootLoaderRun run) {
        List<Path> candidates = candidates(run);
        Optional<Path> program = candidates.stream().filter(Files::isExecutable).findFirst();
        if (program.isEmpty()) {
            return Optional.of("there is no program "
                    + candidates.stream().map(Path::toString).collect(Collectors.joining(", ")));
        }
        // The private root has no links that lead out of it.
        Path file = realPath(program.get());
        return refusal.apply(file.toString())
                .or(() ->
                        runner.apply(new HotplugScript("sh", words(run, program.get(), file), Map.of(), run.limit())));
    }

    private static Path realPath(Path program) {
        try {
            return program.toRealPath();
        } catch (IOException e) {
            return program;
        }
    }

    private static List<String> words(BootLoaderRun run, Path named, Path file) {
        List<String> words = new ArrayList<>(List.of("-c", STARTER, "xenjava-boot"));
        words.add(Long.toString(run.limit().plus(SPARE_TIME).toSeconds()));
        words.add(Long.toString(2 * run.mostBytes() + MEMORY));
        words.add(Long.toString(FIRST_USER));
        words.add(LAUNCHER);
        words.add(run.directory().toString());
        words.add(run.disk());
        words.add(Long.toString(run.mostBytes()));
        words.add(file.toString());
        if (named.endsWith(PYGRUB)) {
            // Nobody is there to choose from its menu.
            words.add("-q");
        }
        words.addAll(run.arguments());
        return List.copyOf(words);
    }

    /** A name without a slash is one of Xen's programs. */
    private static List<Path> candidates(BootLoaderRun run) {
        return run.program().contains("/")
                ? List.of(Path.of(run.program()))
                : Stream.of(
                                // Debian
                                "/usr/lib/xen-" + run.release() + "/bin",
                                // Fedora, XCP-ng, Gentoo
                                "/usr/libexec/xen/bin",
                                // openSUSE, Arch
                                "/usr/lib/xen/bin",
                                // Xen's own default
                                "/usr/local/lib/xen/bin",
                                "/usr/local/libexec/xen/bin",
                                "/usr/bin")
                        .map(directory -> Path.of(directory, run.program()))
                        .toList();
    }
}
