// SPDX-License-Identifier: Apache-2.0
/** The guard's readings as Micrometer gauges. */
module org.xenjava.toolstack.micrometer {
    requires transitive micrometer.core;
    requires transitive org.xenjava.toolstack.core;
    requires static transitive org.jspecify;

    exports org.xenjava.toolstack.micrometer;
}
