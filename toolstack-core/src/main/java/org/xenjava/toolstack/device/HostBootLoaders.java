// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.xenjava.toolstack.xenctrl.lib.XenHost.BootLoaderRun;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScript;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScripts;

/**
 * Runs the boot loaders of this machine. A boot loader parses a file system that its guest has written, so it runs as a
 * user of its own without capabilities and network, in namespaces that end with it, and sees the disk as a read-only loop
 * device. What it has found is copied by the same user, so that a link leads nowhere that the boot loader cannot go.
 */
final class HostBootLoaders {
    /** The first of the users that nobody is, below QEMU's. Each run has one of its own, so that runs do not meet. */
    private static final int FIRST_USER = 2_099_000_000;

    private static final int USERS = 1_000_000;
    private static final long MOST_BYTES = 256L << 20;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String PYGRUB = "pygrub";

    /** Root's part makes the directory and the loop device, which goes with its last user, and drops its rights. */
    private static final String LAUNCHER =
            """
            set -eu
            umask 077
            dir=$1 uid=$2 disk=$3 most=$4
            shift 4
            space=$dir/space
            # Root's files are reached from here, behind the mounts below.
            cd "$dir"
            chmod 0711 .
            mkdir -m 0755 space
            loop=$(losetup --find --show --read-only "$disk")
            exec 9<"$loop"
            losetup --detach "$loop"
            for shared in /tmp /var/tmp /dev/shm; do
                if [ -d "$shared" ]; then
                    mount --bind "$shared" "$shared"
                    mount -o remount,bind,ro "$shared"
                fi
            done
            for private in /etc/xen /run; do
                if [ -d "$private" ]; then
                    mount -t tmpfs -o size=4k,mode=0555 xenjava-boot "$private"
                fi
            done
            mount -t tmpfs -o "size=$((2 * most)),nr_inodes=1000,nosuid,noexec,mode=0755" xenjava-boot "$space"
            mkdir -m 0700 "$space/out"
            : >"$space/out/.result"
            mknod -m 0440 "$space/disk" b $(stat -L -c '0x%t 0x%T' "$loop")
            chown "$uid:$uid" "$space/out" "$space/out/.result"
            chown "root:$uid" "$space/disk"
            drop() {
                (
                    cd /
                    exec setpriv --reuid="$uid" --regid="$uid" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \\
                        prlimit --core=0 --fsize="$most" --nofile=256 --nproc=16 --as=1073741824 -- "$@" 9<&-
                )
            }
            copy() {
                real=$(drop realpath -e -- "$1") || { echo "it names $1, which is no file"; exit 1; }
                case $real in
                    "$space"/out/*) ;;
                    *) echo "it names $1, which is outside of its directory"; exit 1 ;;
                esac
                if drop test ! -f "$real"; then
                    echo "it names $1, which is no file"
                    exit 1
                fi
                drop cat -- "$real" >"$2"
                if [ ! -s "$2" ]; then
                    rm "$2"
                    echo "it names $1, which is empty"
                    exit 1
                fi
            }
            drop "$@" --output="$space/out/.result" --output-format=simple0 --output-directory="$space/out" "$space/disk"
            drop head -c 65536 "$space/out/.result" | tr '\\0' '\\n' >result
            while read -r word value; do
                case $word in
                    kernel) copy "$value" kernel ;;
                    ramdisk) copy "$value" ramdisk ;;
                    args) printf %s "$value" >arguments ;;
                esac
            done <result
            """;

    private final HotplugScripts programs;

    HostBootLoaders(HotplugScripts programs) {
        this.programs = programs;
    }

    Optional<String> run(BootLoaderRun run) {
        List<Path> candidates = candidates(run);
        Optional<Path> program = candidates.stream().filter(Files::isExecutable).findFirst();
        if (program.isEmpty()) {
            return Optional.of("there is no program "
                    + candidates.stream().map(Path::toString).collect(Collectors.joining(", ")));
        }
        String path = program.get().toString();
        return programs.refusal(path)
                .or(() -> programs.run(new HotplugScript("timeout", words(run, path), Map.of(), run.limit())));
    }

    private static List<String> words(BootLoaderRun run, String program) {
        // The limit holds without us, too.
        List<String> words = new ArrayList<>(List.of(
                "--foreground", "--kill-after=2", Long.toString(run.limit().toSeconds() + 2), "unshare"));
        words.addAll(
                List.of("--mount", "--net", "--ipc", "--uts", "--pid", "--mount-proc", "--fork", "--kill-child", "--"));
        words.addAll(List.of("sh", "-c", LAUNCHER));
        words.addAll(List.of(
                "xenjava-boot",
                run.directory().toString(),
                Integer.toString(FIRST_USER + RANDOM.nextInt(USERS)),
                run.disk(),
                Long.toString(MOST_BYTES),
                program));
        if (program.endsWith("/" + PYGRUB)) {
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
