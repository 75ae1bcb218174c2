// SPDX-License-Identifier: Apache-2.0
/** {@code xlj}: xl's habits on top of the toolstack. */
module org.xenjava.toolstack.cli {
    requires com.google.gson;
    requires info.picocli;
    requires java.desktop;
    requires jdk.net;
    requires jdk.unsupported;
    requires org.apache.xmlgraphics.batik.svggen;
    requires xchart;
    requires org.jline.terminal;
    requires org.slf4j;
    requires org.xenjava.toolstack.core;
    requires org.xenjava.toolstack.rehearsal;
    requires org.xenjava.toolstack.sim;
    requires org.xenjava.toolstack.trace;
    requires static transitive org.jspecify;

    // picocli sets the options of the commands; Gson writes records.
    opens org.xenjava.toolstack.cli to
            com.google.gson,
            info.picocli;
    opens org.xenjava.toolstack.cli.command to
            com.google.gson,
            info.picocli;
    opens org.xenjava.toolstack.cli.device to
            com.google.gson,
            info.picocli;
    opens org.xenjava.toolstack.cli.domain to
            com.google.gson,
            info.picocli;
    opens org.xenjava.toolstack.cli.host to
            com.google.gson,
            info.picocli;
    opens org.xenjava.toolstack.cli.memory to
            com.google.gson,
            info.picocli;
    opens org.xenjava.toolstack.cli.output to
            com.google.gson,
            info.picocli;
    opens org.xenjava.toolstack.cli.plan to
            com.google.gson,
            info.picocli;
    opens org.xenjava.toolstack.cli.serve to
            info.picocli;
    opens org.xenjava.toolstack.cli.top to
            info.picocli;
    opens org.xenjava.toolstack.cli.processor to
            com.google.gson,
            info.picocli;
}
