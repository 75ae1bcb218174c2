// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

/** Sets the level and the prefix of slf4j-simple's log; {@code simplelogger.properties} has the other settings. */
final class Logging {
    /** slf4j-simple's system property. */
    static final String LEVEL = "org.slf4j.simpleLogger.defaultLogLevel";

    /** slf4j-simple's system property: whether a line begins with its time. */
    private static final String TIMES = "org.slf4j.simpleLogger.showDateTime";

    private static final String TIME_FORMAT = "org.slf4j.simpleLogger.dateTimeFormat";

    private Logging() {}

    /** Puts date, time and process ID before each line. Must be called before the first logger is made. */
    static void showTimes() {
        System.setProperty(TIMES, "true");
        System.setProperty(
                TIME_FORMAT,
                "yyyy-MM-dd HH:mm:ss z '[" + ProcessHandle.current().pid() + "]'");
    }

    /** Sets the level. Must be called before the first logger is made; later it has no effect. */
    static void configure(boolean verbose, boolean debug) {
        if (debug) {
            System.setProperty(LEVEL, "debug");
        } else if (verbose) {
            System.setProperty(LEVEL, "info");
        }
    }
}
