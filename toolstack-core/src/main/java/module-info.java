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
    exports org.xenjava.toolstack.balance;
    exports org.xenjava.toolstack.balancer;
    exports org.xenjava.toolstack.config;
    exports org.xenjava.toolstack.config.libxl;
    exports org.xenjava.toolstack.config.xl;
    exports org.xenjava.toolstack.device.view;
    exports org.xenjava.toolstack.driverdomain;
    exports org.xenjava.toolstack.error;
    exports org.xenjava.toolstack.host;
    exports org.xenjava.toolstack.lifecycle;
    exports org.xenjava.toolstack.memory;
    exports org.xenjava.toolstack.migrate;
    exports org.xenjava.toolstack.pod;
    exports org.xenjava.toolstack.pool;
    exports org.xenjava.toolstack.process;
    exports org.xenjava.toolstack.processor;
    exports org.xenjava.toolstack.progress;
    exports org.xenjava.toolstack.create to
            org.xenjava.toolstack.cli,
            org.xenjava.toolstack.rehearsal;
    exports org.xenjava.toolstack.device.plan to
            org.xenjava.toolstack.cli;
    exports org.xenjava.toolstack.image to
            org.xenjava.toolstack.cli;
    exports org.xenjava.toolstack.image.pv to
            org.xenjava.toolstack.cli;
    exports org.xenjava.toolstack.memory.layout to
            org.xenjava.toolstack.cli;
    exports org.xenjava.toolstack.service to
            org.xenjava.toolstack.cli;
    exports org.xenjava.toolstack.stream to
            org.xenjava.toolstack.cli;
}
