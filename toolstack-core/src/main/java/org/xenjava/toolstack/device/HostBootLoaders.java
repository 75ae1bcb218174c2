// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.nio.file.Files;
import java.nio.file.Path;
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
 * user of its own without capabilities and network, in namespaces that end with it, and sees the disk as a read-only
 * device node. What it has found is copied by the same user, so that a link leads nowhere that the boot loader cannot go.
 */
final class HostBootLoaders {
    /** A user that nobody is: one below QEMU's. */
    private static final long USER = 2_099_999_999L;

    private static final long MOST_BYTES = 512L << 20;
    private static final String PYGRUB = "pygrub";

    /** Root's part makes the directory and the device node and drops its rights; a file's loop device goes with the last user. */
    private static final String LAUNCHER =
            """
            set -eu
            umask 077
            dir=$1 uid=$2 disk=$3 most=$4
            shift 4
            space=$dir/space
            chmod 0711 "$dir"
            mkdir -m 0755 "$space"
            mount -t tmpfs -o "size=$((2 * most)),nr_inodes=1000,nosuid,noexec,mode=0755" xenjava-boot "$space"
            mkdir -m 0700 "$space/out"
            : >"$space/out/.result"
            if [ ! -b "$disk" ]; then
                loop=$(losetup --find --show --read-only "$disk")
                exec 9<"$loop"
                losetup --detach "$loop"
                disk=$loop
            fi
            mknod -m 0400 "$space/disk" b $(stat -L -c '0x%t 0x%T' "$disk")
            chown "$uid:$uid" "$space/out" "$space/out/.result" "$space/disk"
            drop() {
                setpriv --reuid="$uid" --regid="$uid" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \\
                    prlimit --core=0 --fsize="$most" --nofile=256 --nproc=64 --as=4294967296 -- "$@"
            }
            copy() {
                case $1 in
                    */../*) echo "it names $1"; exit 1 ;;
                    "$space"/out/*) ;;
                    *) echo "it names $1, which is outside of its directory"; exit 1 ;;
                esac
                if drop test ! -f "$1" -o -L "$1"; then
                    echo "it names $1, which is no file"
                    exit 1
                fi
                drop cat -- "$1" | head -c "$most" >"$2"
            }
            drop "$@" --output="$space/out/.result" --output-format=simple0 --output-directory="$space/out" \\
                "$space/disk" 9<&-
            drop head -c 65536 "$space/out/.result" | tr '\\0' '\\n' >"$dir/result"
            while read -r word value; do
                case $word in
                    kernel) copy "$value" "$dir/kernel" ;;
                    ramdisk) copy "$value" "$dir/ramdisk" ;;
                    args) printf %s "$value" >"$dir/arguments" ;;
                esac
            done <"$dir/result"
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
                .or(() -> programs.run(new HotplugScript("unshare", words(run, path), Map.of(), run.limit())));
    }

    private static List<String> words(BootLoaderRun run, String program) {
        List<String> words = new ArrayList<>(List.of(
                "--mount", "--net", "--ipc", "--uts", "--pid", "--fork", "--kill-child", "--", "sh", "-c", LAUNCHER));
        words.addAll(List.of(
                "xenjava-boot",
                run.directory().toString(),
                Long.toString(USER),
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
