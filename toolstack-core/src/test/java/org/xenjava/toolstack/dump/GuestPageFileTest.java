// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.dump;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mockito.stubbing.Answer;

class GuestPageFileTest {
    private static FileChannel channel(Answer<Integer> write) throws IOException {
        FileChannel channel = mock(FileChannel.class);
        when(channel.write(any(ByteBuffer.class), anyLong())).thenAnswer(write);
        return channel;
    }

    @Test
    void pagesThatAFileSystemCannotPinAreCopied(@TempDir Path directory) throws IOException {
        byte[] bytes = new byte[200_000];
        new Random(1).nextBytes(bytes);
        Path path = directory.resolve("core");
        try (FileChannel real = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            FileChannel channel = channel(call -> {
                ByteBuffer from = call.getArgument(0);
                if (from.isDirect()) {
                    throw new IOException("Bad address");
                }
                return real.write(from, call.<Long>getArgument(1));
            });
            ByteBuffer pages =
                    ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
            pages.position(100);
            GuestPageFile.write(channel, 7, pages);
            assertEquals(0, pages.remaining());
        }
        byte[] found = Files.readAllBytes(path);
        assertArrayEquals(Arrays.copyOfRange(bytes, 100, bytes.length), Arrays.copyOfRange(found, 7, found.length));
    }

    @Test
    void aFullDiskIsAFailure() throws IOException {
        FileChannel channel = channel(call -> {
            throw new IOException("No space left on device");
        });
        ByteBuffer pages = ByteBuffer.allocateDirect(4096);
        assertThrows(IOException.class, () -> GuestPageFile.write(channel, 0, pages));
        assertEquals(4096, pages.remaining());
    }
}
