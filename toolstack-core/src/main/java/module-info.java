// SPDX-License-Identifier: Apache-2.0
/**
 * The toolstack: configurations, plans, domains.
 *
 * <p>Supported for embedders: the packages exported to everybody. Packages exported by name are machinery of this
 * project, and change without notice.
 */
module org.xenjava.toolstack.core {
    requires transitive org.xenjava.toolstack.xenctrl;
    requires aircompressor;
    requires com.google.common;
    requires com.google.gson;
    requires jdk.jfr;
    requires org.apache.commons.lang3;
    requires org.slf4j;
    requires org.tukaani.xz;
    requires static transitive org.jspecify;

    exports org.xenjava.toolstack;
    exports org.xenjava.toolstack.config;
    exports org.xenjava.toolstack.config.xl;
    exports org.xenjava.toolstack.error;
    exports org.xenjava.toolstack.lifecycle;
    exports org.xenjava.toolstack.memory;
    exports org.xenjava.toolstack.operation;
    exports org.xenjava.toolstack.pod;
    exports org.xenjava.toolstack.create;
    exports org.xenjava.toolstack.device;
    exports org.xenjava.toolstack.device.plan;
    exports org.xenjava.toolstack.device.pv;
    exports org.xenjava.toolstack.dump;
    exports org.xenjava.toolstack.image to
            org.xenjava.toolstack.cli;
    exports org.xenjava.toolstack.store to
            org.xenjava.toolstack.junit,
            org.xenjava.toolstack.rehearsal;
}
