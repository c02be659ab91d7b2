// SPDX-License-Identifier: Apache-2.0
package org.crtools.checkpoint;

import static org.crtools.model.Json.object;

import java.util.List;
import java.util.Map;
import org.crtools.model.Checkpoint;
import org.crtools.model.Credentials;
import org.crtools.model.Descriptor;
import org.crtools.model.Identity;
import org.crtools.model.LiveProcess;
import org.crtools.model.OpenDescription;
import org.crtools.model.TreeProcess;
import org.crtools.model.Zombie;

/** The model of a checkpoint as JSON, for people and scripts; restoring does not need it. */
final class ModelJson {
    private ModelJson() {}

    static Map<String, Object> of(Checkpoint checkpoint) {
        return object(
                "created_ns", checkpoint.createdNs(),
                "kernel", checkpoint.release(),
                "shell_job", checkpoint.shellJob(),
                "foreground_group", checkpoint.foregroundGroup(),
                "processes",
                        checkpoint.processes().stream()
                                .map(process -> process(checkpoint, process))
                                .toList(),
                "objects",
                        checkpoint.objects().stream()
                                .map(shared -> object("kind", shared.kind(), "detail", shared.detail()))
                                .toList());
    }

    private static Map<String, Object> process(Checkpoint checkpoint, TreeProcess process) {
        Identity identity = process.identity();
        Map<String, Object> json = object(
                "pid", identity.pid(),
                "parent", identity.parent(),
                "group", identity.group(),
                "session", identity.session(),
                "name", identity.name().toString());
        if (process instanceof Zombie zombie) {
            json.put("zombie", true);
            json.put("exit_status", zombie.exitStatus());
        } else if (process instanceof LiveProcess live) {
            json.putAll(live(checkpoint, live));
        }
        return json;
    }

    private static Map<String, Object> live(Checkpoint checkpoint, LiveProcess process) {
        return object(
                "image", process.coreImage(),
                "exe", process.executable().toString(),
                "cwd", process.workingDirectory().toString(),
                "root", process.rootDirectory().toString(),
                "umask", String.format("%04o", process.umask()),
                "oom_score_adj", process.outOfMemoryScore(),
                "coredump_filter", process.coreDumpFilter(),
                "credentials", credentials(process.credentials()),
                "limits",
                        process.limits().stream()
                                .map(limit -> List.of(limit.soft(), limit.hard()))
                                .toList(),
                "threads",
                        process.threads().stream()
                                .map(thread -> object(
                                        "tid",
                                        thread.tid(),
                                        "name",
                                        thread.name().toString()))
                                .toList(),
                "descriptors",
                        process.descriptors().stream()
                                .map(descriptor -> descriptor(checkpoint, descriptor))
                                .toList());
    }

    private static Map<String, Object> credentials(Credentials credentials) {
        return object(
                "uids", credentials.users(),
                "gids", credentials.groups(),
                "groups", credentials.supplementary(),
                "effective", Long.toHexString(credentials.effective()),
                "permitted", Long.toHexString(credentials.permitted()),
                "inheritable", Long.toHexString(credentials.inheritable()),
                "bounding", Long.toHexString(credentials.bounding()),
                "ambient", Long.toHexString(credentials.ambient()));
    }

    private static Map<String, Object> descriptor(Checkpoint checkpoint, Descriptor descriptor) {
        OpenDescription description = checkpoint.descriptions().get(descriptor.description());
        return object(
                "fd", descriptor.number(),
                "kind", description.resource().kind(),
                "detail", description.resource().detail(),
                "flags", String.format("0%o", description.flags()),
                "position", description.position(),
                "cloexec", descriptor.closeOnExec(),
                "description", descriptor.description());
    }
}
