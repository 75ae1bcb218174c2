// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.call;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.xenjava.toolstack.trace.format.Redaction;
import org.xenjava.toolstack.trace.format.Request;
import org.xenjava.toolstack.trace.format.StoreValue;
import org.xenjava.toolstack.xenctrl.lib.StoreAnswer;
import org.xenjava.toolstack.xenctrl.lib.StoreRequest;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;
import org.xenjava.toolstack.xenctrl.lib.XenStoreWatchEvent;

/** {@link XenStore} through a channel. */
final class ChannelStore implements XenStore {
    private static final String NAME = "XenStore";
    private static final Answer<List<String>> NAMES = Answer.of(
            ChannelStore::names,
            json -> elements(json).map(JsonElement::getAsString).toList());
    private static final Answer<List<XenStorePermission>> PERMISSIONS =
            Answer.of(ChannelStore::permissions, json -> elements(json)
                    .map(JsonElement::getAsJsonObject)
                    .map(p -> new XenStorePermission(
                            p.get("domid").getAsInt(), p.get("access").getAsInt()))
                    .toList());
    private static final Answer<StoreAnswer> CHILDREN = Answer.of(
            answer -> NAMES.encode(((StoreAnswer.Names) answer).names()),
            json -> new StoreAnswer.Names(NAMES.decode(json)));
    private static final Answer<StoreAnswer> DONE =
            Answer.of(done -> JsonNull.INSTANCE, json -> new StoreAnswer.Done());
    private static final Answer<XenStoreWatchEvent> EVENT = Answer.of(
            ChannelStore::event,
            json -> new XenStoreWatchEvent(
                    json.getAsJsonObject().get("path").getAsString(),
                    json.getAsJsonObject().get("token").getAsString()));

    private final CallChannel channel;
    private final Redaction redaction;

    ChannelStore(CallChannel channel, Redaction redaction) {
        this.channel = channel;
        this.redaction = redaction;
    }

    @Override
    public byte[] read(int transaction, String path) {
        return channel.exchange(
                in(transaction, "read", path), value(path), xen -> xen.store().read(transaction, path));
    }

    @Override
    public void write(int transaction, String path, byte[] value) {
        channel.perform(written(transaction, path, value), xen -> xen.store().write(transaction, path, value));
    }

    private Request written(int transaction, String path, byte[] value) {
        return in(transaction, "write", path).with("value", encode(path, value));
    }

    @Override
    public void mkdir(int transaction, String path) {
        channel.perform(in(transaction, "mkdir", path), xen -> xen.store().mkdir(transaction, path));
    }

    @Override
    public void rm(int transaction, String path) {
        channel.perform(in(transaction, "rm", path), xen -> xen.store().rm(transaction, path));
    }

    @Override
    public List<String> directory(int transaction, String path) {
        return channel.exchange(
                in(transaction, "directory", path), NAMES, xen -> xen.store().directory(transaction, path));
    }

    @Override
    public List<XenStorePermission> getPermissions(int transaction, String path) {
        return channel.exchange(in(transaction, "getPermissions", path), PERMISSIONS, xen -> xen.store()
                .getPermissions(transaction, path));
    }

    @Override
    public void setPermissions(int transaction, String path, List<XenStorePermission> permissions) {
        channel.perform(permitted(transaction, path, permissions), xen -> xen.store()
                .setPermissions(transaction, path, permissions));
    }

    private static Request permitted(int transaction, String path, List<XenStorePermission> permissions) {
        return in(transaction, "setPermissions", path).with("permissions", permissions(permissions));
    }

    @Override
    public List<StoreAnswer> pipeline(int transaction, List<StoreRequest> requests) {
        return channel.exchangeAll(
                requests.stream().map(request -> call(transaction, request)).toList(),
                xen -> xen.store().pipeline(transaction, requests));
    }

    private CallChannel.StoreCall call(int transaction, StoreRequest request) {
        if (request instanceof StoreRequest.Read read) {
            return new CallChannel.StoreCall(in(transaction, "read", read.path()), answer(value(read.path())));
        } else if (request instanceof StoreRequest.Directory directory) {
            return new CallChannel.StoreCall(in(transaction, "directory", directory.path()), CHILDREN);
        } else if (request instanceof StoreRequest.Write write) {
            return new CallChannel.StoreCall(written(transaction, write.path(), write.value()), DONE);
        } else if (request instanceof StoreRequest.Mkdir mkdir) {
            return new CallChannel.StoreCall(in(transaction, "mkdir", mkdir.path()), DONE);
        } else if (request instanceof StoreRequest.Rm rm) {
            return new CallChannel.StoreCall(in(transaction, "rm", rm.path()), DONE);
        } else if (request instanceof StoreRequest.SetPermissions set) {
            return new CallChannel.StoreCall(permitted(transaction, set.path(), set.permissions()), DONE);
        }
        throw new IllegalArgumentException("no request to xenstored: " + request);
    }

    private static Answer<StoreAnswer> answer(Answer<byte[]> value) {
        return Answer.of(
                answer -> value.encode(((StoreAnswer.Value) answer).bytes()),
                json -> new StoreAnswer.Value(value.decode(json)));
    }

    @Override
    public int transactionStart() {
        return channel.exchange(Request.of(NAME, "transactionStart"), Answer.NUMBER, xen -> xen.store()
                .transactionStart());
    }

    @Override
    public void transactionCommit(int transaction) {
        channel.perform(Request.of(NAME, "transactionCommit").with("transaction", transaction), xen -> xen.store()
                .transactionCommit(transaction));
    }

    @Override
    public void transactionAbort(int transaction) {
        channel.perform(Request.of(NAME, "transactionAbort").with("transaction", transaction), xen -> xen.store()
                .transactionAbort(transaction));
    }

    @Override
    public void watch(String path, String token) {
        channel.perform(Request.of(NAME, "watch").with("path", path).with("token", token), xen -> xen.store()
                .watch(path, token));
    }

    @Override
    public void unwatch(String path, String token) {
        channel.perform(Request.of(NAME, "unwatch").with("path", path).with("token", token), xen -> xen.store()
                .unwatch(path, token));
    }

    @Override
    public Optional<XenStoreWatchEvent> readWatch(Duration timeout) {
        return channel.await(
                Request.of(NAME, "readWatch").with("timeout", timeout.toString()), timeout, EVENT, xen -> xen.store()
                        .readWatch(timeout));
    }

    /** No call to xenstored, so that it is not recorded. */
    @Override
    public void endReadWatch() {
        channel.endWaits(xen -> xen.store().endReadWatch());
    }

    @Override
    public void introduceDomain(int domid, long gfn, int port) {
        channel.perform(
                Request.of(NAME, "introduceDomain")
                        .with("domid", domid)
                        .with("gfn", gfn)
                        .with("port", port),
                xen -> xen.store().introduceDomain(domid, gfn, port));
    }

    @Override
    public void releaseDomain(int domid) {
        channel.perform(Request.of(NAME, "releaseDomain").with("domid", domid), xen -> xen.store()
                .releaseDomain(domid));
    }

    @Override
    public void resumeDomain(int domid) {
        channel.perform(Request.of(NAME, "resumeDomain").with("domid", domid), xen -> xen.store()
                .resumeDomain(domid));
    }

    @Override
    public boolean isDomainIntroduced(int domid) {
        return channel.exchange(
                Request.of(NAME, "isDomainIntroduced").with("domid", domid), Answer.FLAG, xen -> xen.store()
                        .isDomainIntroduced(domid));
    }

    @Override
    public String getDomainPath(int domid) {
        return channel.exchange(Request.of(NAME, "getDomainPath").with("domid", domid), Answer.TEXT, xen -> xen.store()
                .getDomainPath(domid));
    }

    @Override
    public void close() {
        channel.release(Request.of(NAME, "close"), xen -> xen.store().close());
    }

    private JsonElement encode(String path, byte[] value) {
        return StoreValue.encode(redaction.value(path, value));
    }

    private Answer<byte[]> value(String path) {
        return Answer.of(value -> encode(path, value), StoreValue::decode);
    }

    private static Request in(int transaction, String method, String path) {
        return Request.of(NAME, method).with("transaction", transaction).with("path", path);
    }

    private static JsonElement names(List<String> names) {
        JsonArray json = new JsonArray();
        names.forEach(json::add);
        return json;
    }

    private static JsonElement permissions(List<XenStorePermission> permissions) {
        JsonArray json = new JsonArray();
        for (XenStorePermission permission : permissions) {
            JsonObject entry = new JsonObject();
            entry.addProperty("domid", permission.domid());
            entry.addProperty("access", permission.access());
            json.add(entry);
        }
        return json;
    }

    private static JsonElement event(XenStoreWatchEvent event) {
        JsonObject json = new JsonObject();
        json.addProperty("path", event.path());
        json.addProperty("token", event.token());
        return json;
    }

    private static Stream<JsonElement> elements(JsonElement array) {
        return StreamSupport.stream(array.getAsJsonArray().spliterator(), false);
    }
}
