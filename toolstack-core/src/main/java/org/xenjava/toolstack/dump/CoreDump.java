// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.dump;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.xenjava.toolstack.error.CoreDumpException;
import org.xenjava.toolstack.operation.Cancellation;
import org.xenjava.toolstack.xenctrl.DomainCalls;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Writes the memory of an HVM or PVH domain that does not run to a file. Mapping a populate-on-demand entry populates
 * it: who calls this has made sure that every entry has its page.
 */
public final class CoreDump {
    /** 2 MiB at a time. */
    private static final int PAGES_PER_MAPPING = 512;

    /** Room in front of the pages for notes and names. */
    private static final long NOTE_BYTES = 4096;

    private final Xenctrl xenctrl;
    private final int domid;
    private final String attempt;
    private final DumpListener listener;
    private final Cancellation cancellation;

    public CoreDump(Xenctrl xenctrl, int domid, DumpListener listener, Cancellation cancellation) {
        this.xenctrl = xenctrl;
        this.domid = domid;
        this.attempt = "dumping domain " + domid;
        this.listener = listener;
        this.cancellation = cancellation;
    }

    /**
     * Writes the file, under another name until it is complete.
     *
     * @param size what the domain may grow to: {@code memory/static-max}
     * @param vcpus as many as it may have
     * @param target replaced if there is such a file
     * @throws CoreDumpException if it cannot be written
     * @throws org.xenjava.toolstack.error.OperationCancelledException if it is cancelled
     */
    public void write(KiB size, int vcpus, Path target) {
        Path partial = target.resolveSibling(target.getFileName() + ".partial");
        try {
            FileChannel created = createPrivate(partial);
            try {
                try (FileChannel file = created) {
                    write(file, size, vcpus);
                }
                Files.move(partial, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                delete(partial);
            }
        } catch (IOException e) {
            throw new CoreDumpException(attempt + ": " + target + " cannot be written: " + e.getMessage(), e);
        }
    }

    /**
     * Makes a file that only its owner can read, since a dump has the guest's secrets in it. What an earlier dump left
     * is removed; anything but a regular file, such as a link that somebody has planted, is refused and left alone.
     */
    private static FileChannel createPrivate(Path partial) throws IOException {
        if (Files.isRegularFile(partial, LinkOption.NOFOLLOW_LINKS)) {
            Files.delete(partial);
        } else if (Files.exists(partial, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(partial + " exists already and is not a regular file: remove it");
        }
        return FileChannel.open(
                partial,
                Set.of(
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.SPARSE,
                        LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    private void delete(Path partial) {
        try {
            Files.deleteIfExists(partial);
        } catch (IOException e) {
            throw new CoreDumpException(attempt + ": " + partial + " cannot be deleted: " + e.getMessage(), e);
        }
    }

    private void write(FileChannel file, KiB size, int vcpus) throws IOException {
        CoreFile core = new CoreFile(file, NOTE_BYTES + vcpus * (long) DomainCalls.VCPU_CONTEXT_BYTES);
        List<GuestFrames.Run> runs = GuestFrames.of(size);
        long all = runs.stream().mapToLong(GuestFrames.Run::pages).sum();
        long looked = 0;
        for (GuestFrames.Run run : runs) {
            for (GuestFrames.Run part : run.parts(PAGES_PER_MAPPING).toList()) {
                cancellation.check(attempt);
                write(core, part);
                looked += part.pages();
                listener.onProgress(Pages.of(looked), Pages.of(all));
            }
        }
        ByteArrayOutputStream contexts = new ByteArrayOutputStream();
        int dumped = 0;
        for (int vcpu = 0; vcpu < vcpus; vcpu++) {
            Optional<byte[]> context = xenctrl.domains().vcpuContext(domid, vcpu);
            context.ifPresent(contexts::writeBytes);
            dumped += context.isPresent() ? 1 : 0;
        }
        core.finish(
                CoreNotes.of(xenctrl, dumped, core.pages()), contexts.toByteArray(), DomainCalls.VCPU_CONTEXT_BYTES);
    }

    /** Xen maps none of a run if one page is missing, so the run is halved until the missing pages are found. */
    private void write(CoreFile core, GuestFrames.Run run) throws IOException {
        Optional<MappedPages> mapped = map(run);
        if (mapped.isPresent()) {
            try (MappedPages pages = mapped.get()) {
                write(core, run, pages.bytes());
            }
        } else if (run.pages() > 1) {
            long middle = run.first() + run.pages() / 2;
            write(core, new GuestFrames.Run(run.first(), middle));
            write(core, new GuestFrames.Run(middle, run.end()));
        }
    }

    private Optional<MappedPages> map(GuestFrames.Run run) {
        try {
            return Optional.of(xenctrl.libraries().foreignMemory().map(domid, Protection.READ, run.gfns()));
        } catch (XenLibException e) {
            return Optional.empty();
        }
    }

    private static void write(CoreFile core, GuestFrames.Run run, ByteBuffer bytes) throws IOException {
        for (int i = 0; i < run.pages(); i++) {
            core.page(run.first() + i, bytes.slice(i * Pages.BYTES, Pages.BYTES));
        }
    }
}
