// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

/** Tells slf4j-simple how much to log; {@code simplelogger.properties} says where and how. */
final class Logging {
    /** slf4j-simple's system property. */
    static final String LEVEL = "org.slf4j.simpleLogger.defaultLogLevel";

    private Logging() {}

    /** To be called before the first logger is made; later it has no effect. */
    static void configure(boolean verbose, boolean debug) {
        if (debug) {
            System.setProperty(LEVEL, "debug");
        } else if (verbose) {
            System.setProperty(LEVEL, "info");
        }
    }
}
