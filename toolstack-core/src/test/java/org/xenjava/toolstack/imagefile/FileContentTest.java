// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.imagefile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mockito.stubbing.Answer;

class FileContentTest {
    private static FileChannel channel(Answer<Integer> read) throws IOException {
        FileChannel channel = mock(FileChannel.class);
        when(channel.read(any(ByteBuffer.class), anyLong())).thenAnswer(read);
        return channel;
    }

    /** Seen on 9p with Linux 6.1: read(2) into the mapping of a guest's pages ends with EFAULT. */
    @Test
    void aFileSystemThatCannotReadIntoAGuestIsReadThroughTheHeap(@TempDir Path directory) throws IOException {
        byte[] bytes = new byte[300_000];
        new Random(1).nextBytes(bytes);
        Path file = Files.write(directory.resolve("kernel"), bytes);
        try (FileChannel real = FileChannel.open(file)) {
            FileChannel channel = channel(call -> {
                ByteBuffer into = call.getArgument(0);
                if (into.isDirect()) {
                    throw new IOException("Bad address");
                }
                return real.read(into, call.<Long>getArgument(1));
            });
            ByteBuffer into = ByteBuffer.allocateDirect(bytes.length - 1000);
            FileContent.readFully(channel, 1000, into, "kernel");
            assertEquals(0, into.remaining());
            byte[] found = new byte[into.flip().remaining()];
            into.get(found);
            byte[] expected = Arrays.copyOfRange(bytes, 1000, bytes.length);
            assertArrayEquals(expected, found);
        }
    }

    @Test
    void aFileThatCannotBeReadAtAllFails() throws IOException {
        FileChannel channel = channel(call -> {
            throw new IOException("Input/output error");
        });
        ByteBuffer into = ByteBuffer.allocateDirect(10);
        IOException failure = assertThrows(IOException.class, () -> FileContent.readFully(channel, 0, into, "kernel"));
        assertEquals("Input/output error", failure.getMessage());
    }

    @Test
    void anInterruptIsNotTakenForAFailureOfTheFileSystem() throws IOException {
        FileChannel channel = channel(call -> {
            throw new ClosedByInterruptException();
        });
        ByteBuffer into = ByteBuffer.allocateDirect(10);
        assertThrows(ClosedByInterruptException.class, () -> FileContent.readFully(channel, 0, into, "kernel"));
    }
}
