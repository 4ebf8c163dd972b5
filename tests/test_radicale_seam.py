"""Radicale promises nothing to plugins: where a release moves what we stand on, this says what moved."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from radicale import auth, pathutils, rights, storage
from radicale.app import Application
from radicale.auth import BaseAuth
from radicale.item import Item
from radicale.rights import BaseRights
from radicale.storage import BaseCollection, BaseStorage
from spro_agenda.plugins.auth import Auth
from spro_agenda.plugins.rights import Rights
from spro_agenda.plugins.storage import CalendarCollection, Folder, SentText, Storage

from spro_agenda.server.wsgi import Guarded, configuration_of

ROOT = Path(__file__).parent.parent
REMEDY = "Read Radicale's changes, mend plugins/ and spro_agenda/server/, then write the new form here."

SIGNATURES = {
    BaseStorage.__init__: "(self, configuration)",
    BaseStorage.discover: "(self, path, depth='0', child_context_manager=None, user_groups=set())",
    BaseStorage.move: "(self, item, to_collection, to_href)",
    BaseStorage.create_collection: "(self, href, items=None, props=None)",
    BaseStorage.acquire_lock: "(self, mode, user='', *args, **kwargs)",
    BaseStorage.verify: "(self)",
    BaseCollection.sync: "(self, old_token='')",
    BaseCollection.get_multi: "(self, hrefs)",
    BaseCollection.get_all: "(self)",
    BaseCollection.get_filtered: "(self, filters)",
    BaseCollection.has_uid: "(self, uid)",
    BaseCollection.upload: "(self, href, item)",
    BaseCollection.delete: "(self, href=None)",
    BaseCollection.get_meta: "(self, key=None)",
    BaseCollection.set_meta: "(self, props)",
    BaseCollection.serialize: "(self, vcf_to_ics=False, ShareActions={})",
    BaseRights.__init__: "(self, configuration)",
    BaseRights.authorization: "(self, user, user_groups, path)",
    BaseAuth.__init__: "(self, configuration)",
    BaseAuth._login_ext: "(self, login, password, context)",
    BaseAuth._login_ext_with_groups: "(self, login, password, context)",
    BaseAuth._sleep_for_constant_exec_time: "(self, time_ns_begin)",
    Application.__init__: "(self, configuration)",
    Application.do_PUT: "(self, environ, base_prefix, path, user, user_groups, request_info)",
    Application.do_MOVE: "(self, environ, base_prefix, path, user, user_groups, request_info)",
    Application.do_PROPFIND: "(self, environ, base_prefix, path, user, user_groups, request_info)",
    Application.do_GET: "(self, environ, base_prefix, path, user, user_groups, request_info)",
    Application.do_MKCALENDAR: "(self, environ, base_prefix, path, user, user_groups, request_info)",
    Application.do_MKCOL: "(self, environ, base_prefix, path, user, user_groups, request_info)",
    Application.do_PROPPATCH: "(self, environ, base_prefix, path, user, user_groups, request_info)",
    Application.do_REPORT: "(self, environ, base_prefix, path, user, user_groups, request_info)",
    Item.__init__: "(self, collection_path=None, collection=None, vobject_item=None, href=None, last_modified=None, "
    "text=None, etag=None, uid=None, name=None, component_name=None, time_range=None)",
    pathutils.strip_path: "(path)",
    pathutils.parent_path: "(path)",
}
"""What we override and what we call, without annotations."""

OVERRIDDEN = {
    (Storage, BaseStorage): {
        "__init__",
        "_is_collision_free",
        "_supports_problematic_chars",
        "_supports_trailing_whitespace",
        "_supports_unicode",
        "acquire_lock",
        "create_collection",
        "discover",
        "move",
        "verify",
    },
    (CalendarCollection, BaseCollection): {
        "__init__",
        "delete",
        "etag",
        "get_all",
        "get_filtered",
        "get_meta",
        "get_multi",
        "has_uid",
        "last_modified",
        "owner",
        "path",
        "serialize",
        "set_meta",
        "sync",
        "tag",
        "upload",
    },
    (Folder, BaseCollection): {"__init__", "get_all", "get_meta", "get_multi", "last_modified", "path"},
    (Rights, BaseRights): {"__init__", "authorization"},
    (Auth, BaseAuth): {"__init__", "_login_ext", "_sleep_for_constant_exec_time"},
    (Guarded, Application): {
        "__init__",
        "do_GET",
        "do_MKCALENDAR",
        "do_MKCOL",
        "do_MOVE",
        "do_PROPFIND",
        "do_PROPPATCH",
        "do_PUT",
        "do_REPORT",
    },
}
"""For each class of ours, the names of Radicale's that it gives another meaning."""

PYTHONS_OWN = {
    "__doc__",
    "__module__",
    "__annotations__",
    "__static_attributes__",
    "__firstlineno__",
    "__dict__",
    "__weakref__",
    "__abstractmethods__",
    "_abc_impl",
    "__annotations_cache__",
    "__annotate_func__",
}


def form(function: Callable[..., Any]) -> str:
    """A signature without its annotations."""
    signature = inspect.signature(function)
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


def test_this_is_the_radicale_that_the_plugins_were_written_for():
    """3.9, in any of its patch releases."""
    assert version("radicale").split(".")[:2] == ["3", "9"], f"Radicale is {version('radicale')}. {REMEDY}"


@pytest.mark.parametrize("function", SIGNATURES, ids=lambda function: function.__qualname__)
def test_what_we_override_or_call_has_the_form_we_know(function: Callable[..., Any]):
    """Signatures have moved in patch releases."""
    assert form(function) == SIGNATURES[function], f"Radicale moved {function.__qualname__}. {REMEDY}"


@pytest.mark.parametrize(("ours", "base"), OVERRIDDEN, ids=lambda each: each.__name__)
def test_a_class_of_ours_overrides_what_exists(ours: type, base: type):
    """A name that Radicale drops would leave a method of ours that nobody calls, without an error."""
    found = {name for name in vars(ours) if hasattr(base, name)} - PYTHONS_OWN
    assert found == OVERRIDDEN[ours, base], f"Radicale's {base.__name__} has other names than before. {REMEDY}"


@pytest.mark.parametrize(
    ("ours", "base", "name"),
    [
        (ours, base, name)
        for (ours, base), names in OVERRIDDEN.items()
        for name in sorted(names)
        if inspect.isfunction(getattr(base, name)) and (base, name) != (BaseCollection, "__init__")
    ],
    ids=lambda each: each if isinstance(each, str) else each.__name__,
)
def test_an_override_takes_whatever_radicale_gives_it(ours: type, base: type, name: str):
    """By position and by name: all that the base takes."""
    ours_form = inspect.signature(getattr(ours, name))
    parameters = [
        each
        for each in inspect.signature(getattr(base, name)).parameters.values()
        if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    ours_form.bind(*(each.name for each in parameters))
    required = [each.name for each in parameters if each.default is inspect.Parameter.empty]
    ours_form.bind(*required, **{each.name: "" for each in parameters if each.name not in required})


@pytest.mark.parametrize(
    ("module", "ours"), [(auth, Auth), (rights, Rights), (storage, Storage)], ids=["auth", "rights", "storage"]
)
def test_the_configuration_loads_our_plugins(module: Any, ours: type):
    """By the names in config.ini, options of our own beside Radicale's."""
    assert type(module.load(configuration_of(ROOT))) is ours


def test_an_item_hands_out_the_very_text_that_it_was_given():
    """GET encodes what `serialize` gives; a copy of the text would have lost the sender's bytes."""
    text = SentText(b"BEGIN:VCALENDAR\r\n")
    item = Item(
        collection_path="spro/28", href="x", text=text, etag='"x"', uid="x", name="VCALENDAR", component_name="VEVENT"
    )
    assert item.serialize() is text, REMEDY
    assert (item.uid, item.etag, item.name, item.component_name) == ("x", '"x"', "VCALENDAR", "VEVENT")


def test_an_answer_is_made_of_a_text_by_encode_alone():
    """The one place where Radicale turns a text into bytes; see SentText."""
    source = inspect.getsource(Application._handle_request)
    assert source.count("answer = answer.encode(self._encoding)") == 1, REMEDY
    assert "answer = item.serialize()\n            return client.OK, headers, answer, None" in inspect.getsource(
        Application.do_GET
    ), REMEDY


@pytest.mark.parametrize(
    "sent",
    [
        "é 🎉".encode(),
        b"a\xc3\r\n \xa9b",
        b"nul \0, tab \t, bell \x07",
        b"noncharacter \xef\xbf\xbe",
        b"no UTF-8: \xff",
    ],
)
def test_a_text_that_was_sent_encodes_to_its_bytes_and_stands_in_xml(sent: bytes):
    """Whatever was sent, the bytes are whole and the XML of a report can be read."""
    text = SentText(sent)
    assert text.encode() == text.encode("ascii") == sent
    element = ET.Element("x")
    element.text = text
    assert ET.fromstring(ET.tostring(element, "utf-8")).text == text.replace("\r\n", "\n")


def test_vobject_never_sees_a_rule_before_our_own_reader_does():
    """Radicale's own PUT parses before it takes the storage's lock; ours stands before it in the order of methods."""
    order = [each.__qualname__ for each in (vars(cls).get("do_PUT") for cls in Guarded.__mro__) if each]
    assert order == ["Guarded.do_PUT", "ApplicationPartPut.do_PUT"], REMEDY
