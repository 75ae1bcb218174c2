// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.stream.PageBatch;
import org.xenjava.toolstack.stream.SaveStreamReader;
import org.xenjava.toolstack.stream.StreamRecord;
import org.xenjava.toolstack.stream.StreamSummary;

/** The pages of a saved RAM, each as its frame and a hash of its content. Special pages are left out. */
final class SavedContents {
    private static final long FIRST_SPECIAL = 0xfc000;

    private SavedContents() {}

    /** The names of the records, those that follow one another under one name once. */
    static List<String> recordNames(Path file) {
        try (FileChannel channel = FileChannel.open(file)) {
            return StreamSummary.read(channel).records().stream()
                    .map(StreamSummary.Line::name)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<Long> of(Path file) {
        List<Long> pages = new ArrayList<>();
        try (FileChannel channel = FileChannel.open(file)) {
            SaveStreamReader reader = new SaveStreamReader(channel);
            reader.header();
            StreamRecord record = reader.next();
            while (!(record instanceof StreamRecord.StreamEnd)) {
                if (record instanceof PageBatch batch && batch.pfn(0) < FIRST_SPECIAL) {
                    for (int page = 0; page < batch.count(); page++) {
                        pages.add(batch.pfn(page) << 32 | batch.content(page).hashCode() & 0xffff_ffffL);
                    }
                }
                record = reader.next();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return pages;
    }
}
