// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LocationAwareLogger;

/** Collects what some classes log at INFO and above, as {@code xlj -v} shows it, or all of it. */
public final class LogCapture implements AutoCloseable {
    private static final PrintStream ERR = System.err;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private final Map<Object, Integer> levelsBefore = new HashMap<>();
    private final Field level;

    public LogCapture(Class<?>... classes) throws ReflectiveOperationException {
        this(LocationAwareLogger.INFO_INT, classes);
    }

    /** Collects everything. */
    public static LogCapture ofAll(Class<?>... classes) throws ReflectiveOperationException {
        return new LogCapture(LocationAwareLogger.TRACE_INT, classes);
    }

    private LogCapture(int least, Class<?>... classes) throws ReflectiveOperationException {
        level = LoggerFactory.getLogger(LogCapture.class).getClass().getDeclaredField("currentLogLevel");
        level.setAccessible(true);
        for (Class<?> type : classes) {
            Object logger = LoggerFactory.getLogger(type);
            levelsBefore.put(logger, level.getInt(logger));
            level.setInt(logger, least);
        }
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    }

    public List<String> lines() {
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Override
    public void close() throws ReflectiveOperationException {
        System.setErr(ERR);
        for (Map.Entry<Object, Integer> before : levelsBefore.entrySet()) {
            level.setInt(before.getKey(), before.getValue());
        }
    }
}
