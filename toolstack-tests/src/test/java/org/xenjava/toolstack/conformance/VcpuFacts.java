// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.StringJoiner;
import org.xenjava.toolstack.xenctrl.abi.HvmSaveRecord;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;

/** The first state of a domain's vCPUs, field by field, from what {@code sethvmcontext} was given. */
final class VcpuFacts {
    private static final XenAbi ABI = XenAbi.of(XenRelease.V4_17).orElseThrow();
    private static final StructLayout DESCRIPTOR = ABI.struct("hvm_save_descriptor");
    private static final int PAGE_SHIFT = 12;

    private final Facts facts;
    private Optional<Long> startInfo = Optional.empty();

    VcpuFacts(Facts facts) {
        this.facts = facts;
    }

    /** The frame that vCPU 0's EBX points to. */
    Optional<Long> startInfoFrame() {
        return startInfo.map(address -> address >> PAGE_SHIFT);
    }

    void add(byte[] stream) {
        ByteBuffer bytes = ByteBuffer.wrap(stream).order(ByteOrder.LITTLE_ENDIAN);
        StringJoiner names = new StringJoiner(" ");
        while (bytes.hasRemaining()) {
            StructView descriptor = DESCRIPTOR.at(bytes, bytes.position());
            int at = bytes.position() + DESCRIPTOR.size();
            int length = descriptor.getInt("length");
            HvmSaveRecord type = type(descriptor.getInt("typecode"));
            names.add(type
                    + (type == HvmSaveRecord.HEADER || type == HvmSaveRecord.END
                            ? ""
                            : "#" + descriptor.get("instance")));
            record(type, descriptor.getInt("instance"), bytes.slice(at, length));
            bytes.position(at + length);
        }
        facts.add("sethvmcontext", "(" + names + ")");
    }

    private void record(HvmSaveRecord type, int instance, ByteBuffer content) {
        switch (type) {
            case HEADER -> fields("HVM context", ABI.struct("hvm_save_header"), content);
            case CPU -> {
                StructLayout cpu = ABI.struct("hvm_hw_cpu");
                fields("vCPU " + instance, cpu, content);
                if (instance == 0) {
                    startInfo = Optional.of(cpu.at(content, 0).get("rbx"));
                }
            }
            case MTRR -> fields("vCPU " + instance, ABI.struct("hvm_hw_mtrr"), content);
            case END -> {}
        }
    }

    private void fields(String what, StructLayout layout, ByteBuffer content) {
        if (content.remaining() != layout.size()) {
            throw new IllegalArgumentException(layout.name() + " of " + content.remaining() + " bytes");
        }
        content.order(ByteOrder.LITTLE_ENDIAN);
        layout.fields().values().forEach(field -> facts.add(what + " " + field.name(), value(field, content)));
    }

    private static String value(StructLayout.Field field, ByteBuffer content) {
        byte[] bytes = new byte[field.bytes()];
        content.get(field.offset(), bytes);
        if (field.count() == 1) {
            // Numbers read best with the highest byte first.
            for (int i = 0; i < bytes.length / 2; i++) {
                byte low = bytes[i];
                bytes[i] = bytes[bytes.length - 1 - i];
                bytes[bytes.length - 1 - i] = low;
            }
        }
        return HexFormat.of().formatHex(bytes);
    }

    private static HvmSaveRecord type(int typecode) {
        return Arrays.stream(HvmSaveRecord.values())
                .filter(type -> type.typecode() == typecode)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("a save record of type " + typecode));
    }
}
