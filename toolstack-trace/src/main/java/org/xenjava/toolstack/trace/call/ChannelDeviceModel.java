// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.call;

import org.xenjava.toolstack.trace.format.Request;
import org.xenjava.toolstack.xenctrl.lib.XenDeviceModel;

/** {@link XenDeviceModel} through a channel. */
final class ChannelDeviceModel implements XenDeviceModel {
    private static final String NAME = "XenDeviceModel";

    private final CallChannel channel;

    ChannelDeviceModel(CallChannel channel) {
        this.channel = channel;
    }

    @Override
    public void shutdown(int domid, int reason) {
        channel.perform(on("shutdown", domid).with("reason", reason), xen -> xen.deviceModel()
                .shutdown(domid, reason));
    }

    @Override
    public int nrVcpus(int domid) {
        return channel.exchange(
                on("nrVcpus", domid), Answer.NUMBER, xen -> xen.deviceModel().nrVcpus(domid));
    }

    @Override
    public int createIoreqServer(int domid, int bufferedIoreqMode) {
        return channel.exchange(
                on("createIoreqServer", domid).with("bufferedIoreqMode", bufferedIoreqMode),
                Answer.NUMBER,
                xen -> xen.deviceModel().createIoreqServer(domid, bufferedIoreqMode));
    }

    @Override
    public void destroyIoreqServer(int domid, int id) {
        channel.perform(on("destroyIoreqServer", domid).with("id", id), xen -> xen.deviceModel()
                .destroyIoreqServer(domid, id));
    }

    @Override
    public void setIoreqServerState(int domid, int id, int enabled) {
        channel.perform(
                on("setIoreqServerState", domid).with("id", id).with("enabled", enabled),
                xen -> xen.deviceModel().setIoreqServerState(domid, id, enabled));
    }

    @Override
    public void mapIoRange(int domid, int id, int isMmio, long start, long end) {
        channel.perform(
                on("mapIoRange", domid)
                        .with("id", id)
                        .with("isMmio", isMmio)
                        .with("start", start)
                        .with("end", end),
                xen -> xen.deviceModel().mapIoRange(domid, id, isMmio, start, end));
    }

    @Override
    public void unmapIoRange(int domid, int id, int isMmio, long start, long end) {
        channel.perform(
                on("unmapIoRange", domid)
                        .with("id", id)
                        .with("isMmio", isMmio)
                        .with("start", start)
                        .with("end", end),
                xen -> xen.deviceModel().unmapIoRange(domid, id, isMmio, start, end));
    }

    @Override
    public void setPciIntxLevel(int domid, int segment, int bus, int device, int intx, int level) {
        channel.perform(
                on("setPciIntxLevel", domid)
                        .with("segment", segment)
                        .with("bus", bus)
                        .with("device", device)
                        .with("intx", intx)
                        .with("level", level),
                xen -> xen.deviceModel().setPciIntxLevel(domid, segment, bus, device, intx, level));
    }

    @Override
    public void setIsaIrqLevel(int domid, int irq, int level) {
        channel.perform(on("setIsaIrqLevel", domid).with("irq", irq).with("level", level), xen -> xen.deviceModel()
                .setIsaIrqLevel(domid, irq, level));
    }

    @Override
    public void setPciLinkRoute(int domid, int link, int irq) {
        channel.perform(on("setPciLinkRoute", domid).with("link", link).with("irq", irq), xen -> xen.deviceModel()
                .setPciLinkRoute(domid, link, irq));
    }

    @Override
    public void injectMsi(int domid, long address, int data) {
        channel.perform(on("injectMsi", domid).with("address", address).with("data", data), xen -> xen.deviceModel()
                .injectMsi(domid, address, data));
    }

    @Override
    public void modifiedMemory(int domid, long firstGfn, int pages) {
        channel.perform(
                on("modifiedMemory", domid).with("firstGfn", firstGfn).with("pages", pages),
                xen -> xen.deviceModel().modifiedMemory(domid, firstGfn, pages));
    }

    @Override
    public void setMemType(int domid, int type, long firstGfn, int pages) {
        channel.perform(
                on("setMemType", domid)
                        .with("type", type)
                        .with("firstGfn", firstGfn)
                        .with("pages", pages),
                xen -> xen.deviceModel().setMemType(domid, type, firstGfn, pages));
    }

    @Override
    public void pinMemoryCacheAttribute(int domid, long firstGfn, long lastGfn, int type) {
        channel.perform(
                on("pinMemoryCacheAttribute", domid)
                        .with("firstGfn", firstGfn)
                        .with("lastGfn", lastGfn)
                        .with("type", type),
                xen -> xen.deviceModel().pinMemoryCacheAttribute(domid, firstGfn, lastGfn, type));
    }

    @Override
    public void close() {
        channel.release(Request.of(NAME, "close"), xen -> xen.deviceModel().close());
    }

    private static Request on(String method, int domid) {
        return Request.of(NAME, method).with("domid", domid);
    }
}
