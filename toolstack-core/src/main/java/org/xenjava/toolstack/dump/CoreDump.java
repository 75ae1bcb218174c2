// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.dump;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.error.CoreDumpException;
import org.xenjava.toolstack.privatefile.PrivateFile;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.DumpListener;
import org.xenjava.toolstack.xenctrl.DomainCalls;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Writes the memory of an HVM or PVH domain to a file. The domain must not run. Mapping a populate-on-demand entry
 * populates it, so the caller makes sure first that every entry has a page.
 */
public final class CoreDump {
    /** Pages of one mapping: 2 MiB. */
    private static final int PAGES_PER_MAPPING = 512;

    /** Bytes in front of the pages, for notes and names. */
    private static final long NOTE_BYTES = 4096;

    private final Xenctrl xenctrl;
    private final int domid;
    private final String attempt;
    private final DumpListener listener;
    private final Cancellation cancellation;

    /**
     * Prepares a dump.
     *
     * @param xenctrl the hypercalls
     * @param domid number of the domain
     * @param listener receives the progress
     * @param cancellation checked after each part of the memory
     */
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
     * @param size the largest size of the domain: {@code memory/static-max}
     * @param vcpus the number of vCPUs that the domain may have
     * @param target the file; an existing one is replaced
     * @throws CoreDumpException if the file cannot be written
     * @throws org.xenjava.toolstack.error.OperationCancelledException if the dump is cancelled
     */
    public void write(KiB size, int vcpus, Path target) {
        try {
            PrivateFile.replace(target, file -> write(file, size, vcpus));
        } catch (IOException e) {
            throw new CoreDumpException(attempt + ": " + target + " cannot be written: " + e.getMessage(), e);
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

    /**
     * Writes the pages of a run. Xen maps no page of a run if one page is missing, so the run is halved until the
     * missing pages are found.
     */
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
