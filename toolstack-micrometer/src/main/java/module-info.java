// SPDX-License-Identifier: Apache-2.0
/** The guard's readings and the host's use as Micrometer meters. */
module org.xenjava.toolstack.micrometer {
    requires transitive micrometer.core;
    requires transitive org.xenjava.toolstack.core;
    requires static transitive org.jspecify;

    exports org.xenjava.toolstack.micrometer;
}
